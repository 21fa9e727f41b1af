package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/redistest"
)

func TestTakeWhoseAnswerWasLostIsTakenBack(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		first := say(t, c, "a", "1")
		say(t, c, "a", "2")
		turns.mustTake(t, t, request{token: "lost", want: 2})
		if got := turns.mustTake(t, t, request{token: "t2", want: 2}); len(got.tickets) != 0 {
			t.Fatalf("%+v was given away twice", got.tickets)
		}
		got := turns.mustTake(t, t, request{token: "t3", want: 2, unanswered: []string{"lost"}})
		if len(got.tickets) != 1 || got.tickets[0].id != first || got.tickets[0].attempt != 1 {
			t.Errorf("got %+v; expected %s, attempt 1", got.tickets, first)
		}
	})
}

// Answers are lost again and again, some of calls that happened and some of
// calls that did not: nobody has seen the event, so that no attempt counts.
func TestTakesWhoseAnswersWereLostCostNoAttempt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		say(t, c, "a", "1")
		var unanswered []string
		for i := range 5 {
			happened := fmt.Sprint("happened ", i)
			turns.mustTake(t, t, request{token: happened, want: 1, unanswered: unanswered})
			unanswered = append(unanswered, happened, fmt.Sprint("did not happen ", i))
		}
		got := turns.mustTake(t, t, request{token: "answered", want: 1, unanswered: unanswered})
		if len(got.tickets) != 1 || got.tickets[0].attempt != 1 {
			t.Errorf("got %+v, expected attempt 1", got.tickets)
		}
	})
}

// TestReceiveOutlastsLostAnswers: the whole loop, with a connection that loses
// some answers and some calls.
func TestReceiveOutlastsLostAnswers(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	loss := &lostAnswers{calls: []string{"answer", "call", "answer", "call"}}
	c.redis.AddHook(loss)
	say(t, c, "a", "1")
	attempts := make(chan int, 9)
	receiving(t, c, quick(), func(_ context.Context, m *Message) error { attempts <- m.Attempt; return nil })
	if got := await(t, attempts, "the event"); got != 1 {
		t.Errorf("attempt %d, though no handler had seen the event", got)
	}
	loss.mutex.Lock()
	defer loss.mutex.Unlock()
	if len(loss.calls) > 0 {
		t.Errorf("%v were not lost, so this shows nothing", loss.calls)
	}
}

// lostAnswers loses the takes' answers, or the calls, one after the other.
type lostAnswers struct {
	mutex sync.Mutex
	calls []string
}

func (l *lostAnswers) DialHook(next redis.DialHook) redis.DialHook { return next }

func (l *lostAnswers) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (l *lostAnswers) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		keys := 0
		if len(cmd.Args()) > 2 && strings.HasPrefix(cmd.Name(), "eval") {
			keys, _ = cmd.Args()[2].(int)
		}
		if keys != 5 { // take's; done has 6, the others fewer
			return next(ctx, cmd)
		}
		l.mutex.Lock()
		defer l.mutex.Unlock()
		if len(l.calls) == 0 {
			return next(ctx, cmd)
		}
		if l.calls[0] == "answer" {
			if err := next(ctx, cmd); err != nil {
				return err // the script is not loaded yet
			}
		}
		l.calls = l.calls[1:]
		err := errors.New("the connection broke")
		cmd.SetErr(err)
		return err
	}
}

// What somebody reads without the recipe and leaves pending is found.
func TestTakeFindsWhatWasLeftPending(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, 0)
		turns.mustTake(t, t, request{token: "t1", want: 1}) // makes the group
		var said []string
		for i := range 3 {
			said = append(said, say(t, c, fmt.Sprint("c", i), "x"))
		}
		readPlainly(t, c)
		if got := turns.mustTake(t, t, request{token: "t2", want: 9}); len(got.tickets) != 0 {
			t.Fatalf("%+v: taken from somebody who may be at work on it", got.tickets)
		}
		got := turns.mustTake(t, t, request{token: "t3", want: 9, cursor: "0-0"})
		var ids []string
		for _, k := range got.tickets {
			ids = append(ids, k.id)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, said) || got.cursor != "0-0" {
			t.Errorf("found %v, cursor %s; expected %v", ids, got.cursor, said)
		}
	})
}

// A group that is destroyed is made anew, at 0, and its unfinished events come
// again, also if one of them is being handled.
func TestTakeMakesTheGroupAnew(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		say(t, c, "a", "1")
		second := say(t, c, "a", "2")
		one := turns.mustTake(t, t, request{token: "t1", want: 2})
		if !one.made || len(one.tickets) != 1 {
			t.Fatalf("the first take: %+v", one)
		}
		if err := c.redis.XGroupDestroy(t.Context(), turns.stream, turns.group).Err(); err != nil {
			t.Fatal(err)
		}
		if got := turns.mustTake(t, t, request{token: "t2", want: 2}); !got.made || len(got.tickets) != 0 {
			t.Errorf("with the group gone: %+v; expected it made, and nothing given away", got)
		}
		if ours, err := turns.done(t.Context(), one.tickets[0], nil); !ours || err != nil {
			t.Errorf("done: %v, %v", ours, err)
		}
		got := turns.mustTake(t, t, request{token: "t3", want: 2})
		if len(got.tickets) != 1 || got.tickets[0].id != second {
			t.Errorf("then %+v; expected %s", got.tickets, second)
		}
	})
}

// An event that is trimmed before its turn is counted, and the next one comes.
func TestTakeCountsWhatWasTrimmed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		say(t, c, "a", "1")
		trimmed := say(t, c, "a", "2")
		third := say(t, c, "a", "3")
		one := turns.mustTake(t, t, request{token: "t1", want: 3})
		if err := c.redis.XDel(t.Context(), turns.stream, trimmed).Err(); err != nil {
			t.Fatal(err)
		}
		if ours, err := turns.done(t.Context(), one.tickets[0], nil); !ours || err != nil {
			t.Fatalf("done: %v, %v", ours, err)
		}
		got := turns.mustTake(t, t, request{token: "t2", want: 1})
		if got.gone != 1 || len(got.tickets) != 1 || got.tickets[0].id != third {
			t.Errorf("%+v; expected one gone, and %s", got, third)
		}
	})
}

func TestDeadLetterThatCannotBeWrittenChangesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		c := open(t, url)
		turns := newTurns(c, lease, time.Hour, time.Minute)
		say(t, c, "a", "1")
		one := turns.mustTake(t, t, request{token: "t1", want: 1})
		if err := c.redis.Set(t.Context(), c.Dead(), "mine", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := turns.done(t.Context(), one.tickets[0], []string{"code", "internal"}); err == nil {
			t.Error("a dead letter was written to a string")
		}
		if kept, _, err := turns.keep(t.Context(), one.tickets); err != nil || !kept[0] {
			t.Errorf("the event is not ours any more: %v, %v", kept, err)
		}
	})
}
