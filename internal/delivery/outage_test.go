package delivery

import (
	"testing"
	"time"
)

func TestOutageWaitsLongerWithEachProbe(t *testing.T) {
	t.Parallel()
	var o Outage
	now := at(0)
	for i, want := range []time.Duration{
		250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
		10 * time.Second, 10 * time.Second, 10 * time.Second,
	} {
		until := o.Failed(now, false)
		if got := until.Sub(now); got != want {
			t.Fatalf("failure %d: waits %v, want %v", i+1, got, want)
		}
		now = until
	}
}

func TestWhatWasInFlightFailsWithTheOutage(t *testing.T) {
	t.Parallel()
	var o Outage
	until := o.Failed(at(0), false)
	for i := range 100 {
		if got := o.Failed(at(0.001*float64(i)), false); !got.Equal(until) {
			t.Fatalf("failure %d of those in flight moved the wait to %v", i+2, got)
		}
	}
	if got := o.Failed(until, false).Sub(until); got != 500*time.Millisecond {
		t.Fatalf("the first probe's failure waits %v, want 0.5 s", got)
	}
}

func TestOutageAllowsOneProbeAtATime(t *testing.T) {
	t.Parallel()
	var o Outage
	if ok, until := o.Allows(at(0), true, 1000); !ok || !until.IsZero() {
		t.Fatal("without an outage something was not allowed")
	}
	until := o.Failed(at(0), false)
	for _, tt := range []struct {
		name    string
		now     time.Time
		probing bool
		ok      bool
		until   time.Time
	}{
		{"too early", until.Add(-1), false, false, until},
		{"the probe", until, false, true, time.Time{}},
		{"a second one", until, true, false, time.Time{}},
		{"long after", until.Add(time.Hour), true, false, time.Time{}},
	} {
		if ok, next := o.Allows(tt.now, tt.probing, 1000); ok != tt.ok || !next.Equal(tt.until) {
			t.Errorf("%s: %v, %v; want %v, %v", tt.name, ok, next, tt.ok, tt.until)
		}
	}
}

func TestSuccessEndsTheOutage(t *testing.T) {
	t.Parallel()
	var o Outage
	if o.Passed(at(1)) {
		t.Error("an outage that never was has ended")
	}
	o.Failed(at(0), true)
	if standing, auth := o.Standing(); !standing || !auth {
		t.Errorf("standing %v, auth %v", standing, auth)
	}
	if !o.Passed(at(1)) || o.Passed(at(1)) {
		t.Error("it must end, once")
	}
	if standing, auth := o.Standing(); standing || auth {
		t.Errorf("ended: standing %v, auth %v", standing, auth)
	}
	if until := o.Failed(at(1), false); !until.Equal(at(1.25)) {
		t.Errorf("the next outage begins with %v", until.Sub(at(1)))
	}
}

func TestRefusedCredentialsAreTriedEachMinute(t *testing.T) {
	t.Parallel()
	var o Outage
	o.Failed(at(0), false)
	until := o.Failed(at(0.1), true) // learnt from one in flight
	if !until.Equal(at(60.1)) {
		t.Fatalf("waits until %v, want a minute", until.Sub(at(0)))
	}
	if got := o.Failed(at(0.2), false); !got.Equal(until) {
		t.Errorf("another in flight moved it to %v", got.Sub(at(0)))
	}
	if _, auth := o.Standing(); !auth {
		t.Error("another in flight hid that it is about credentials")
	}
	if got := o.Failed(until, true).Sub(until); got != time.Minute {
		t.Errorf("the second refusal waits %v", got)
	}
	o.Failed(until.Add(time.Minute), false)
	if standing, auth := o.Standing(); !standing || auth {
		t.Errorf("the credentials are fine now, the platform is not: standing %v, auth %v", standing, auth)
	}
}
