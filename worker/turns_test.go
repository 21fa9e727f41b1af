package worker

import (
	"fmt"
	"slices"
	"testing"
	"time"
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
		got := turns.mustTake(t, t, request{token: "t3", want: 2, doubt: "lost"})
		if len(got.tickets) != 1 || got.tickets[0].id != first || got.tickets[0].attempt != 1 {
			t.Errorf("got %+v; expected %s, attempt 1", got.tickets, first)
		}
	})
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
