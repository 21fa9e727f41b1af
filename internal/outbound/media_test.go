package outbound

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// fakeMedia turns a medium by url into a blob, and its address into the text,
// which is what fakeAdapter sends. What an address is asked for the first
// times fails as told.
type fakeMedia struct {
	mutex sync.Mutex
	fails map[string][]error // by address
	keys  map[string][]string
}

func newFakeMedia() *fakeMedia {
	return &fakeMedia{fails: map[string][]error{}, keys: map[string][]string{}}
}

func (m *fakeMedia) Resolve(_ context.Context, key string, env *envelope.Outbound) (*envelope.Outbound, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	address := strings.TrimPrefix(env.Attachments[0].URL, fakeWeb)
	m.keys[address] = append(m.keys[address], key)
	if fails := m.fails[address]; len(fails) > 0 {
		m.fails[address] = fails[1:]
		return nil, fails[0]
	}
	copied := *env
	copied.Text = "fetched:" + address
	copied.Attachments = []envelope.Media{{Blob: "b"}}
	return &copied, nil
}

func (m *fakeMedia) asked(address string) []string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.keys[address]
}

// mediaBench is a bench whose platform takes blobs.
func mediaBench(t *testing.T, m Media) (*bench, func(*Config)) {
	b := newBench(t)
	b.platform.caps.Fields["attachments"] = platform.Full
	b.platform.caps.Media = map[string]platform.Level{"blob": platform.Full}
	return b, func(c *Config) { c.Media = m }
}

// fakeWeb is what the addresses of fakeMedia begin with.
const fakeWeb = "https://example.com/"

func byURL(address string) []any {
	return []any{"attachments", []envelope.Media{{URL: fakeWeb + address}}}
}

// What cannot be fetched now is tried again, in its lane: what comes after it
// does not overtake, and other lanes go on.
func TestMediaAreFetchedInTheirLane(t *testing.T) {
	t.Parallel()
	m := newFakeMedia()
	m.fails["late"] = []error{hiccup(), hiccup()}
	b, with := mediaBench(t, m)
	list := b.say("c", "k1", "", byURL("late")...)
	b.say("c", "k2", "after")
	b.consumer("n1", with)
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || r.Attempts != 3 || r.PossibleDuplicate {
		t.Errorf("receipt %+v, %+v", r, r.Error)
	}
	if got := texts(b.platform.await(t, 2)); got != "fetched:late after" {
		t.Errorf("the platform saw %s", got)
	}
	if keys := m.asked("late"); len(keys) != 3 || keys[0] != keys[2] {
		t.Errorf("asked under %v", keys)
	}
	b.awaitEmpty()
}

func TestMediaThatCannotBeHadAreDead(t *testing.T) {
	t.Parallel()
	m := newFakeMedia()
	m.fails["gone"] = []error{platform.Refused(envelope.CodeNotFound, "attachments[0].url", "it is not there")}
	b, with := mediaBench(t, m)
	b.consumer("n1", with)
	r := b.receipt(b.say("c", "k", "", byURL("gone")...))
	if r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeNotFound || r.Error.Field != "attachments[0].url" {
		t.Errorf("receipt %+v, %+v", r, r.Error)
	}
	b.platform.untouched(t)
	b.empty()
}

// The node dies between the fetch and the answer: the next one asks under the
// same key, and sends the same.
func TestMediaAfterACrash(t *testing.T) {
	t.Parallel()
	m := newFakeMedia()
	b, with := mediaBench(t, m)
	entered := b.platform.trap("fetched:a")
	list := b.say("c", "k", "", byURL("a")...)
	first := b.consumer("n1", with)
	<-entered
	crash(first)
	b.vacate()
	b.consumer("n2", with)
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v, %+v", r, r.Error)
	}
	if keys := m.asked("a"); len(keys) != 2 || keys[0] != keys[1] {
		t.Errorf("asked under %v", keys)
	}
}

// A key that is used anew after its window is another operation: what was
// fetched for the first is not sent for the second.
func TestMediaOfAKeyUsedAgain(t *testing.T) {
	t.Parallel()
	m := newFakeMedia()
	b, with := mediaBench(t, m)
	b.consumer("n1", with)
	b.receipt(b.say("c", "k", "", byURL("a")...))
	b.client.Del(b.t.Context(), envelope.Beside(b.stream, "claim:k")) // its window is over
	b.receipt(b.say("c", "k", "", byURL("a")...))
	if keys := m.asked("a"); len(keys) != 2 || keys[0] == keys[1] {
		t.Errorf("asked under %v", keys)
	}
}

// An adapter that takes addresses as they are gets them so.
func TestMediaByURLAsTheyAre(t *testing.T) {
	t.Parallel()
	m := newFakeMedia()
	b, with := mediaBench(t, m)
	b.platform.caps.Media = map[string]platform.Level{"url": platform.Full}
	b.consumer("n1", with)
	if r := b.receipt(b.say("c", "k", "plain", byURL("a")...)); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v, %+v", r, r.Error)
	}
	if got := texts(b.platform.await(t, 1)); got != "plain" || len(m.asked("a")) > 0 {
		t.Errorf("the platform saw %s", got)
	}
}
