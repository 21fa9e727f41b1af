package discord

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/posternhq/postern/platform"
)

func TestRouteOf(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]route{
		"POST /channels/123/messages":                                {"POST /channels/{major}/messages", "123", false},
		"PATCH /channels/123/messages/456":                           {"PATCH /channels/{major}/messages/{id}", "123", false},
		"PUT /channels/123/messages/456/reactions/%F0%9F%91%8D/@me":  {"PUT /channels/{major}/messages/{id}/reactions/{emoji}/@me", "123", false},
		"GET /guilds/9/channels":                                     {"GET /guilds/{major}/channels", "9", false},
		"GET /users/123456789012345678":                              {"GET /users/{id}", "", false},
		"POST /interactions/1/tok/callback":                          {"POST /interactions/{major}/{token}/callback", "1/tok", true},
		"PATCH /webhooks/1/tok/messages/@original":                   {"PATCH /webhooks/{major}/{token}/messages/@original", "1/tok", true},
		"PUT /applications/123456789012345678/guilds/5/commands?x=1": {"PUT /applications/{id}/guilds/{id}/commands", "", false},
	} {
		method, path := "", ""
		if _, err := fmt.Sscanf(request, "%s %s", &method, &path); err != nil {
			t.Fatal(err)
		}
		if got := routeOf(method, path); got != want {
			t.Errorf("%s: %+v; want %+v", request, got, want)
		}
	}
}

// told is an answer that tells of a bucket.
func toldOf(status, limit, left int, after time.Duration, bucket, scope string) *http.Response {
	h := http.Header{}
	if limit > 0 {
		h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
		h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
		h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", after.Seconds()))
		h.Set("X-RateLimit-Bucket", bucket)
	}
	if scope != "" {
		h.Set("X-RateLimit-Scope", scope)
	}
	return &http.Response{StatusCode: status, Header: h}
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	b, now := newBuckets(), time.Unix(1_700_000_000, 0)
	here, there := routeOf("POST", "/channels/1/messages"), routeOf("POST", "/channels/2/messages")
	for n := range 5 {
		if wait, _ := b.take(here, now); wait != 0 {
			t.Fatalf("request %d waits %v", n, wait)
		}
		b.note(here, toldOf(200, 5, 4-n, 5*time.Second, "abc", ""), now)
	}
	if wait, gate := b.take(here, now.Add(time.Second)); wait != 4*time.Second+resetMargin || gate != platform.GateThread {
		t.Errorf("a sixth waits %v at gate %v; want 4s at the thread's", wait, gate)
	}
	if wait, _ := b.take(there, now); wait != 0 {
		t.Errorf("another channel waits %v", wait)
	}
	if p := b.pauses(here, false, now); len(p) != 1 || p[0] != (platform.Pause{Gate: platform.GateThread, For: 5*time.Second + resetMargin}) {
		t.Errorf("the pauses are %v", p)
	}
	later := now.Add(5*time.Second + resetMargin)
	if wait, _ := b.take(here, later); wait != 0 {
		t.Errorf("after its reset it waits %v", wait)
	}
	b.note(here, toldOf(200, 5, 4, 5*time.Second, "abc", ""), later)
	if p := b.pauses(here, true, later); len(p) != 1 || p[0].For != time.Second+resetMargin/5 {
		t.Errorf("what grows pauses %v; want a second", p)
	}
	if p := b.pauses(here, false, later); len(p) != 0 {
		t.Errorf("what does not pauses %v", p)
	}
	// A route that is told to share the bucket waits with it, of the same channel.
	b.note(here, toldOf(429, 5, 0, 5*time.Second, "abc", "user"), later)
	other := routeOf("POST", "/channels/1/other")
	b.note(other, toldOf(200, 5, 0, 5*time.Second, "abc", ""), later)
	if wait, _ := b.take(other, later); wait != 5*time.Second+resetMargin {
		t.Errorf("a route that shares the bucket waits %v", wait)
	}
}

// TestGlobally: no second has more than 50 requests, whenever in their time
// Discord may count them, and what goes by an interaction is not of them.
func TestGlobally(t *testing.T) {
	t.Parallel()
	b, now := newBuckets(), time.Unix(1_700_000_000, 0)
	of := func(n int) route { return routeOf("POST", "/channels/"+strconv.Itoa(n)+"/messages") }
	for n := range globalMany {
		if wait, _ := b.take(of(n), now); wait != 0 {
			t.Fatalf("request %d waits %v", n, wait)
		}
	}
	if wait, gate := b.take(routeOf("GET", "/users/@me"), now.Add(time.Hour)); wait != flightLooked || gate != platform.GateAccount {
		t.Errorf("one more waits %v at gate %v, though all are still on their way", wait, gate)
	}
	for n := range globalMany {
		b.land(of(n), now.Add(time.Duration(n)*time.Millisecond))
	}
	now = now.Add(50 * time.Millisecond)
	if wait, gate := b.take(routeOf("GET", "/users/@me"), now); wait != globalPer-50*time.Millisecond || gate != platform.GateAccount {
		t.Errorf("one more waits %v at gate %v", wait, gate)
	}
	if wait, _ := b.take(routeOf("POST", "/interactions/1/t/callback"), now); wait != 0 {
		t.Errorf("an interaction waits %v", wait)
	}
}

// TestRefusalsAreCounted: half of what gets an address banned, and we stay away
// until they are ten minutes old. What others used up is not ours.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	b, now := newBuckets(), time.Unix(1_700_000_000, 0)
	r := routeOf("POST", "/channels/1/messages")
	for range invalidMost {
		b.note(r, toldOf(429, 0, 0, 0, "", "shared"), now)
	}
	if wait, _ := b.take(r, now); wait != 0 {
		t.Errorf("refusals that do not count shut %v", wait)
	}
	for n := range invalidMost {
		b.note(r, toldOf([]int{401, 403, 429}[n%3], 0, 0, 0, "", ""), now)
	}
	wait, gate := b.take(r, now)
	if wait < invalidPer || wait > invalidPer+time.Minute || gate != platform.GateAccount {
		t.Errorf("after so many refusals it waits %v at gate %v", wait, gate)
	}
	if wait, _ := b.take(r, now.Add(wait+time.Minute)); wait != 0 {
		t.Errorf("when they are old it waits %v", wait)
	}
}
