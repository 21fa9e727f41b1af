package bus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
)

// A key that is remembered may cost so much, in bytes, of a message of one part
// with everyday names; docs/redis.md has the sizing by it.
const rememberedBytes = 400

// And so much if it was sent once, and nothing else is to be told of it.
const smallestBytes = 280

// finished takes a message of so many parts under a key to its end, as a
// courier does, and returns its claim's key.
func finished(t *testing.T, s *Stream, entry, name string, parts int) string {
	t.Helper()
	key := s.MessageClaim(name)
	token := NewToken()
	hold(t, s, token)
	claim(t, s, token, ClaimRequest{Key: key, Entry: entry, Digest: "2:" + strings.Repeat("a", 32), Lane: "18:974519864045756446"})
	q := MarkRequest{Key: key, Entry: entry, State: ClaimSending, Parts: parts, Doubt: true}
	if parts > 1 {
		q.Plan = []byte(strings.Repeat("x", 5000))
	}
	for q.Part = range parts {
		q.Step, q.Attempts, q.Recorded, q.Before = q.Part+1, q.Part+1, q.Part > 0, fmt.Sprint("110000000000000000", q.Part-1)
		mark(t, s, token, q)
		q.Plan = nil
	}
	settle(t, s, token, Settlement{
		Entry: entry, Claim: key, Fate: FateDone, Remember: 24 * time.Hour, Attempts: parts,
		Part: parts - 1, ID: fmt.Sprint("110000000000000000", parts-1), Doubt: true, Receipt: []byte(`{"status":"delivered"}`),
	})
	return key
}

// TestARememberedKeyIsSmall: a claim at its end is what a duplicate is told and
// no more, and stored compactly, also where it was large before.
func TestARememberedKeyIsSmall(t *testing.T) {
	t.Parallel()
	s := openStream(t, redistest.Start(t).URL())
	for i, entry := range taken(t, s, "one part", "three parts") {
		parts := 1 + 2*i
		key := finished(t, s, entry, fmt.Sprintf("7f9c24e8-3b12-4e5f-9d63-0f1c2a7b%04d", i), parts)
		want := Claim{
			State: ClaimDone, Entry: entry, Digest: "2:" + strings.Repeat("a", 32), Lane: "18:974519864045756446",
			Attempts: parts, Doubt: true, IDs: PartIDs{},
		}
		for part := range parts {
			want.IDs.Set(part, fmt.Sprint("110000000000000000", part))
		}
		equal(t, "what is remembered", readOne(t, s, key), want)
		expires(t, s, key, 24*time.Hour)
		c := s.bus.client
		if how := c.ObjectEncoding(t.Context(), key).Val(); how != "listpack" {
			t.Errorf("%d parts are remembered as a %s; want a listpack", parts, how)
		}
		bytes := c.MemoryUsage(t.Context(), key).Val()
		t.Logf("a message of %d parts is remembered in %d bytes", parts, bytes)
		if bytes == 0 || bytes > rememberedBytes {
			t.Errorf("a message of %d parts is remembered in %d bytes; want %d at most", parts, bytes, rememberedBytes)
		}
	}
}

// TestAKeyOfOnePartIsSmallest: most messages are of one part, sent once.
func TestAKeyOfOnePartIsSmallest(t *testing.T) {
	t.Parallel()
	s := openStream(t, redistest.Start(t).URL())
	hold(t, s, "t1")
	entry, key := taken(t, s, "one part")[0], s.MessageClaim("7f9c24e8-3b12-4e5f-9d63-0f1c2a7b0000")
	q := ClaimRequest{Key: key, Entry: entry, Digest: "2:" + strings.Repeat("a", 32), Lane: "18:974519864045756446", Send: true}
	if _, err := s.claimBatch(t.Context(), "t1", 1, []ClaimRequest{q}); err != nil {
		t.Fatal(err)
	}
	settle(t, s, "t1", Settlement{
		Entry: entry, Claim: key, Fate: FateDone, Remember: 24 * time.Hour, Attempts: 1, ID: "1100000000000000000", Receipt: []byte("{}"), Packed: true,
	})
	equal(t, "what is remembered", readOne(t, s, key), Claim{
		State: ClaimDone, Entry: entry, Digest: q.Digest, Lane: q.Lane, Attempts: 1, IDs: PartIDs{{0, "1100000000000000000"}},
	})
	expires(t, s, key, 24*time.Hour)
	bytes := s.bus.client.MemoryUsage(t.Context(), key).Val()
	t.Logf("it is remembered in %d bytes", bytes)
	if bytes == 0 || bytes > smallestBytes {
		t.Errorf("it is remembered in %d bytes; want %d at most", bytes, smallestBytes)
	}
}
