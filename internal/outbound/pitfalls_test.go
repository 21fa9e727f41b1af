package outbound

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// The pitfalls of Redis Streams, by their numbers in docs/redis.md, and the
// tests that fail without our answer to them; make mutations takes each answer
// away.
var pitfalls = [][]string{
	1:  {"bus.TestTakeoverLeavesWhatIsNotIdle", "outbound.TestADelayedEntrySurvivesATakeover"},
	2:  {"bus.TestFence", "outbound.TestAnOwnerThatWasReplacedChangesNothing"},
	3:  {"outbound.TestATakeOverReachesTheTail"},
	4:  {"bus.TestReadWhenTheReplyIsLost", "bus.TestReadArrivesLate", "bus.TestClusterCallsAreMadeOnce", "outbound.TestRepliesAreLost"},
	5:  {"bus.TestTakeover", "outbound.TestATakeOverReachesTheTail"},
	6:  {"bus.TestAudit", "bus.TestAuditThoughItsAnswerIsLost", "bus.TestTrimKeepsWhatIsNeeded", "bus.TestFullRedisDrains"},
	7:  {"bus.TestTakeoverReportsTheLost", "outbound.TestTrimmedEntriesAreReportedLost"},
	8:  {"bus.TestReadWithoutGroup", "outbound.TestTheGroupIsMadeAgain", "outbound.TestTheDatabaseIsEmptiedUnderLoad"},
	9:  {"bus.TestBellEndsAtOnce", "outbound.TestAPlannedStopHandsOverAtOnce"},
	10: {"bus.TestBellWatchdog", "bus.TestRefused", "outbound.TestASentinelReplacesAFrozenMaster"},
	11: {"bus.TestExamineFacts", "outbound.TestASentinelFailsOver", "outbound.TestAClusterFailsOverAndMovesTheSlot"},
	12: {"bus.TestExamine"},
	13: {"bus.TestCluster", "bus.TestRoomsInACluster"},
	14: {"bus.TestClusterCallsAreMadeOnce", "outbound.TestASecondPublishIsADuplicateWithTheFirstIDs"},
	15: {"bus.TestClaimWhenTheReplyIsLost", "bus.TestAcquireWhenTheReplyIsLost"},
	16: {"outbound.TestWhatCannotBeReadStopsNobody", "outbound.TestPoison"},
	17: {"bus.TestTakeoverArrivesLate", "bus.TestLeaseRunsOut"},
	18: {"delivery.TestAfter", "delivery.TestJudge", "outbound.TestAnErrorThatSaysSent"},
	19: {"bus.TestReplay", "outbound.TestReplay"},
	20: {"outbound.TestARateLimitHoldsOnlyItsChannel", "outbound.TestOrderWithinAChannelAndOneInFlight"},
}

// TestEveryPitfallIsAnswered: each has its row in docs/redis.md, and the tests
// that are named for it are there.
func TestEveryPitfallIsAnswered(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/redis.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, pkg := range []string{"bus", "outbound", "delivery"} {
		files, _ := filepath.Glob("../" + pkg + "/*_test.go")
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(t `).FindAllSubmatch(text, -1) {
				tests[pkg+"."+string(m[1])] = true
			}
		}
	}
	for n, names := range pitfalls[1:] {
		if !strings.Contains(string(page), fmt.Sprintf("\n| %d | ", n+1)) {
			t.Errorf("docs/redis.md has no row for pitfall %d", n+1)
		}
		for _, name := range names {
			if !tests[name] {
				t.Errorf("pitfall %d: no test %s", n+1, name)
			}
		}
	}
}

// Pitfall 3: XAUTOCLAIM looks at a bounded number of entries, so one that
// begins at 0 each time never reaches the tail. Pitfall 5: what a consumer that
// is gone left pending is lost if its name is reaped. Removed by: leaving
// claimPending after its first page.
func TestATakeOverReachesTheTail(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const messages = 2*pageEntries + 100
	pipe := b.client.Pipeline()
	pipe.XGroupCreateMkStream(t.Context(), b.stream, b.names.Group("fake"), "0")
	for i := range messages {
		data := fmt.Sprintf(`{"type":"message","channel_id":"c%d","text":"%d"}`, i%7, i)
		pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: b.stream, Values: []any{"data", data}})
	}
	pipe.XReadGroup(t.Context(), &redis.XReadGroupArgs{
		Group: b.names.Group("fake"), Consumer: "a node that is gone", Streams: []string{b.stream, ">"}, Count: messages,
	})
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.consumer("n1")
	next := map[string]int{}
	for _, a := range b.platform.await(t, messages) {
		n, _ := strconv.Atoi(a.text)
		if n/7 != next[a.channel] {
			t.Fatalf("channel %s: %d came out of order", a.channel, n)
		}
		next[a.channel]++
	}
	b.awaitEmpty()
}

// Pitfall 16: an entry that nobody can read stops the loop, or is tried for
// ever. It is dead at once, and what is behind it goes on. Removed by: an error
// instead of a fault from opener.open.
func TestWhatCannotBeReadStopsNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, fields := range [][]any{{"data", "\xff\xfe"}, {"data", "{"}, {"other", "x"}} {
		if err := b.client.XAdd(t.Context(), &redis.XAddArgs{Stream: b.stream, Values: fields}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	list := b.say("c", "k", "behind them")
	b.consumer("n1")
	b.receipt(list)
	b.awaitEmpty()
	if n := b.client.XLen(t.Context(), "{"+b.stream+"}:dead").Val(); n != 3 {
		t.Errorf("%d dead records; want 3", n)
	}
}
