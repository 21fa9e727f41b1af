package bus

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/redistest"
)

// soonerThanSure is how soon a bell rings that rings for what it heard, and not
// only because it does so in any case.
const soonerThanSure = sureEvery / 2

// rope is a stream with its bell, which runs.
type rope struct {
	*Stream
	bell *Bell
}

// ropes makes so many of one bus.
func ropes(t *testing.T, url string, n int) []rope {
	t.Helper()
	bus := openStream(t, url).bus
	all := make([]rope, n)
	for i := range all {
		all[i].Stream = bus.Stream(names, fmt.Sprint("platform-", i), "a")
		all[i].bell, _ = ringing(t, all[i].Stream)
	}
	return all
}

// pull publishes to a stream and waits until its bell rings for it.
func (r rope) pull(t *testing.T) {
	t.Helper()
	select {
	case <-r.bell.Ring(): // for something before
	default:
	}
	id, err := r.bus.client.XAdd(t.Context(), &redis.XAddArgs{Stream: r.Name, Values: []string{"data", "x"}}).Result()
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.bell.Ring():
	case <-time.After(soonerThanSure):
		t.Fatalf("%s has %s, and its bell does not ring", r.Name, id)
	}
	read, err := ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	r.bell.Seen(read)
}

var blockedClients = regexp.MustCompile(`blocked_clients:(\d+)`)

// Hundreds of streams that are quiet have few connections, and each is heard.
func TestManyBellsHaveFewConnections(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	all := ropes(t, server.URL(), 300)
	for round := range 3 {
		for i := round; i < len(all); i += 37 {
			all[i].pull(t)
		}
	}
	info, err := server.Client().Info(t.Context(), "clients").Result()
	if err != nil {
		t.Fatal(err)
	}
	match := blockedClients.FindStringSubmatch(info)
	if match == nil {
		t.Fatalf("no word of blocked clients:\n%s", info)
	}
	if n, _ := strconv.Atoi(match[1]); n > strandsMost {
		t.Errorf("%d connections are blocked; at most %d", n, strandsMost)
	}
}

// One key that is no stream is asked for together with all the others, which
// Redis refuses as a whole: they are heard all the same.
func TestABadStreamSilencesNobody(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	all := ropes(t, server.URL(), 9)
	if err := server.Client().Set(t.Context(), all[4].Name, "no stream", 0).Err(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for i, r := range all {
			if i != 4 {
				r.pull(t)
			}
		}
	}
}

// In a Cluster, where a read is of one slot, each is heard too.
func TestBellsInACluster(t *testing.T) {
	t.Parallel()
	masters := redistest.StartCluster(t)
	for _, r := range ropes(t, masters[0].URL()+"?addr="+masters[1].Addr+"&addr="+masters[2].Addr, 12) {
		r.pull(t)
	}
}
