package bus

import (
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
)

// TestCluster: one entry's whole life on a real Cluster. What is kept beside
// the stream is in its slot; a receipt for a list elsewhere goes by the outbox.
func TestCluster(t *testing.T) {
	t.Parallel()
	masters := redistest.StartCluster(t)
	s := openStream(t, masters[0].URL()+"?addr="+masters[1].Addr+"&addr="+masters[2].Addr)
	if !s.bus.Cluster() {
		t.Fatal("it does not know that it is a Cluster")
	}
	ids := taken(t, s, "x")
	entry, key := ids[0], s.MessageClaim("x")
	sending(t, s, "t1", key, entry)
	near, far := "{"+s.Name+"}:reply:near", "postern:reply:far"
	slot := func(k string) int64 { return s.bus.client.ClusterKeySlot(t.Context(), k).Val() }
	if slot(near) != slot(s.Name) || slot(key) != slot(s.Name) || slot(far) == slot(s.Name) {
		t.Fatalf("slots: stream %d, near %d, claim %d, far %d", slot(s.Name), slot(near), slot(key), slot(far))
	}
	settled := settle(t, s, "t1", Settlement{
		Entry: entry, Claim: key, Fate: FateDone, Remember: time.Hour, Part: 0, ID: "id",
		Pushes: []Push{{List: near, Bytes: []byte("near"), Expires: time.Minute}, {List: far, Bytes: []byte("far"), Expires: time.Minute}},
	})
	equal(t, "settled", settled, []Settled{{Outboxed: true}})
	list := func(k string) []string { return s.bus.client.LRange(t.Context(), k, 0, -1).Val() }
	equal(t, "near", list(near), []string{"near"})
	equal(t, "far, before the outbox is drained", list(far), []string{})
	for range 2 {
		if foreign, err := s.DrainOutbox(t.Context()); err != nil || foreign != 0 {
			t.Fatalf("DrainOutbox: %d, %v", foreign, err)
		}
		equal(t, "far", list(far), []string{"far"})
	}
	expires(t, s, far, time.Minute)
	equal(t, "claim", readOne(t, s, key).State, ClaimDone)
	equal(t, "pending", pending(t, s), []string(nil))

	for _, id := range []string{"n1", "n2", "n3", "n4"} { // in several masters' slots
		if _, err := s.bus.RegisterNode(t.Context(), names, node(id, "i"), time.Minute, true); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "nodes", len(nodes(t, s, names)), 4)
	b, _ := ringing(t, s)
	unread := publish(t, s, "y")
	heard(t, s, b, unread)

	spoil(t, s, s.keys.outbox)
	settled = settle(t, s, "t1", Settlement{
		Entry: unread[0].String(), Fate: FateKeep, Part: -1,
		Pushes: []Push{{List: far, Bytes: []byte("lost"), Expires: time.Minute}},
	})
	equal(t, "with a key in the outbox's way", settled, []Settled{{Foreign: 1, Outboxed: true}})
}
