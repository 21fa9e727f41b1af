package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/test/fault/history"
)

func started(t *testing.T, keys Keys) *Sink {
	t.Helper()
	s, err := Start(keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// post sends one part; status 0 is no answer.
func post(t *testing.T, s *Sink, key string) (status int, id string, header http.Header) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	body := fmt.Sprintf(`{"key":%q,"type":"message","channel_id":"c","text":"hello","count":1}`, key)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL("n1")+"/part", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", nil
	}
	defer response.Body.Close()
	var a Answered
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, a.MessageID, response.Header
}

func TestAKeyMakesOneThing(t *testing.T) {
	t.Parallel()
	honoured, deaf := started(t, Keys{Honoured: true}), started(t, Keys{})
	for _, s := range []*Sink{honoured, deaf} {
		for range 2 {
			if status, _, _ := post(t, s, "k"); status != http.StatusOK {
				t.Fatalf("answered %d", status)
			}
		}
	}
	effects := func(s *Sink) (n int) {
		for _, r := range s.Seen() {
			if r.Effect {
				n++
			}
		}
		return n
	}
	if a, b := effects(honoured), effects(deaf); a != 1 || b != 2 {
		t.Errorf("%d effects where keys are honoured, %d where not; want 1 and 2", a, b)
	}
}

// TestFaults: what is recorded is what became of the request, whatever the
// answer was.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault  Fault
		status int
		taken  bool
		answer history.Answer
	}{
		{Fault{Kind: Lose}, 0, true, history.Lost},
		{Fault{Kind: Drop}, 0, false, history.Lost},
		{Fault{Kind: Delay, Wait: time.Millisecond}, 200, true, history.Late},
		{Fault{Kind: Hold, Wait: time.Millisecond}, 200, true, history.Given},
		{Fault{Kind: Fail, Taken: true}, 500, true, history.Given},
		{Fault{Kind: Limit, Wait: time.Second}, 429, false, history.Given},
		{Fault{Kind: Refuse}, 400, false, history.Given},
		{Fault{Kind: Breathe}, 200, true, history.Given},
	} {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			t.Parallel()
			s := started(t, Keys{})
			c.fault.Times = 1
			s.Inject(c.fault)
			status, _, _ := post(t, s, "k")
			seen := s.Seen()
			if status != c.status || len(seen) != 1 || seen[0].Taken != c.taken || seen[0].Answer != c.answer {
				t.Errorf("answered %d, recorded %+v", status, seen)
			}
			if status, _, _ := post(t, s, "k2"); status != 200 {
				t.Errorf("the fault goes on: %d", status)
			}
		})
	}
}

// TestAHeldRequest: it is taken in when it was held, and not at all if who sent it
// has gone.
func TestAHeldRequest(t *testing.T) {
	t.Parallel()
	s := started(t, Keys{})
	s.Inject(Fault{Kind: Hold, Times: 1, Wait: 50 * time.Millisecond})
	begun := time.Now()
	if status, _, _ := post(t, s, "k"); status != http.StatusOK {
		t.Errorf("answered %d", status)
	}
	if held := s.Seen()[0].At.Sub(begun); held < 50*time.Millisecond {
		t.Errorf("taken in after %v", held)
	}
	s.Inject(Fault{Kind: Hold, Times: 1, Wait: time.Hour})
	ctx, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer leave()
	changed := s.Changed()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL("n1")+"/part", strings.NewReader(`{"key":"k2","type":"message","text":"hello"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.DefaultClient.Do(r); err == nil { //nolint:bodyclose // there is none
		t.Error("it was answered")
	}
	<-changed
	if got := s.Seen()[1]; got.Taken || got.Answer != history.Lost {
		t.Errorf("recorded %+v", got)
	}
}

func TestDeathAndReturn(t *testing.T) {
	t.Parallel()
	s := started(t, Keys{Honoured: true})
	_, id, _ := post(t, s, "k")
	s.Die()
	if status, _, _ := post(t, s, "k"); status != 0 {
		t.Errorf("a dead platform answered %d", status)
	}
	if err := s.Return(); err != nil {
		t.Fatal(err)
	}
	if status, again, _ := post(t, s, "k"); status != 200 || again != id {
		t.Errorf("after its return: %d, id %q; want the first one's, %q", status, again, id)
	}
}
