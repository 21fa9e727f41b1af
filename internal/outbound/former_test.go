package outbound

import (
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// TestRobbed: a lease that ended by itself was nobody's any more; one that ended
// by a step of Redis' clock, or went with a failover, may still be trusted in.
func TestRobbed(t *testing.T) {
	t.Parallel()
	const margin = 1500 * time.Millisecond
	start := time.Now()
	redis := start.Add(20 * time.Hour) // its clock need not be ours
	for name, c := range map[string]struct {
		renewed   bool // between the first look and the second
		stepFirst time.Duration
		stepThen  time.Duration
		noAnswer  bool
		unseen    bool
		want      bool
	}{
		"it ran out":                        {},
		"it was renewed, and then ran out":  {renewed: true},
		"the clock stepped":                 {stepThen: 10 * time.Second, want: true},
		"it stepped before the last look":   {stepFirst: 10 * time.Second, want: true},
		"it may have stepped and then been": {renewed: true, stepFirst: 10 * time.Second, want: true},
		"it stepped back":                   {stepThen: -10 * time.Second},
		"it stepped by less than a margin":  {stepThen: time.Second},
		"Redis was away":                    {noAnswer: true, want: true},
		"nobody was seen":                   {unseen: true, stepThen: 10 * time.Second},
	} {
		f := former{began: start}
		step := time.Duration(0)
		look := func(at time.Duration, renewals int64) (bus.Lease, time.Time, time.Time) {
			asked := start.Add(at)
			return bus.Lease{Token: "theirs", Renewals: renewals, Now: redis.Add(at + step)}, asked, asked.Add(10 * time.Millisecond)
		}
		if !c.unseen {
			f.saw(look(time.Second, 1))
			step = c.stepFirst
			n := int64(1)
			if c.renewed {
				n = 2
			}
			f.saw(look(5*time.Second, n))
			f.lost = c.noAnswer
		}
		step += c.stepThen
		ours, asked, heard := look(15*time.Second, 0)
		if got := f.robbed(ours, asked, heard, margin); got != c.want {
			t.Errorf("%s: %v; want %v", name, got, c.want)
		}
	}
}

// Redis' clock goes forward by hours, and with it the lease ends, while its owner
// is about to send: what may be on its way goes first, and what comes after it
// waits until it cannot come any more.
func TestALeaseThatAStepOfTheClockEnded(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]envelope.Status{"resend": envelope.StatusDelivered, "park": envelope.StatusParked} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b, clock := newClockBench(t)
			b.platform.caps.NativeKey = false
			entered, letGo := b.platform.stall(t, "old")
			first := b.say("c", "k1", "old", "on_unknown", policy)
			b.consumer("n1")
			<-entered
			roles := newRecorder()
			b.consumer("n2", func(c *Config) { c.Watcher = roles })
			await(t, roles.roles, RoleStandby)
			second := b.say("c", "k2", "new")
			clock.Set(3 * time.Hour)
			await(t, roles.roles, RoleActive)
			began := time.Now()
			letGo()
			b.ends(first, want)
			if took := time.Since(began); took < 1500*time.Millisecond {
				t.Errorf("it came to its end %v after the take-over; want a lease of 2 s", took)
			}
			b.ends(second, envelope.StatusDelivered)
			if got := b.platform.seen("c"); !strings.HasSuffix(got, "new") {
				t.Errorf("the platform saw %q; want the new one last", got)
			}
		})
	}
}
