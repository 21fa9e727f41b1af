package worker

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

//go:embed lock/*.lua
var recipe embed.FS

// turns is the recipe of one conversation at a time, worker/lock/*.lua, as Go
// calls it. What the scripts promise stands in docs/one-conversation.md.
type turns struct {
	redis                    redis.UniversalClient
	stream, group, consumer  string
	line, turn, holder       string // keys beside the stream
	attempt, dead            string
	takeScript, keepScript   *redis.Script
	doneScript, againScript  *redis.Script
	lease, deadKept, untaken time.Duration
}

// ticket is one event that is ours: the token proves it, until the lease ends.
type ticket struct {
	id, conversation, token string
	attempt                 int // how often it has been given away, this time included
	fields                  map[string]string
	until                   time.Time // the lease's end, by our clock, on the safe side
}

func newTurns(c *Client, lease, deadKept, untaken time.Duration) *turns {
	stream := c.names.InboundStream
	beside := func(what string) string { return envelope.Beside(stream, what+":"+c.group) }
	script := func(name string) *redis.Script {
		text, err := recipe.ReadFile("lock/" + name + ".lua")
		if err != nil {
			panic(err) // the files are compiled in
		}
		return redis.NewScript(string(text))
	}
	return &turns{
		redis: c.redis, stream: stream, group: c.group, consumer: c.consumer,
		line: beside("line"), turn: beside("turn"), holder: beside("holder"), attempt: beside("attempt"), dead: beside("dead"),
		takeScript: script("take"), keepScript: script("keep"), doneScript: script("done"), againScript: script("again"),
		lease: lease, deadKept: deadKept, untaken: untaken,
	}
}

// request is what to take.
type request struct {
	token  string // new for each call
	want   int
	cursor string // "" or where to look on for events left pending by others

	unanswered []string // the tokens of the calls since the last answer
}

// taken is what a take gave.
type taken struct {
	tickets []ticket
	next    time.Duration // until the next turn that is known of; < 0: none
	last    string        // the stream's last id
	more    bool          // there are unread events
	cursor  string
	made    bool // the group was missing
	gone    int  // events that were trimmed before their turn
}

func (t *turns) take(ctx context.Context, q request) (taken, error) {
	asked := time.Now()
	args := []any{t.group, t.consumer, q.token, q.want, t.lease.Milliseconds(), q.cursor, t.untaken.Milliseconds()}
	for _, token := range q.unanswered {
		args = append(args, token)
	}
	v, err := t.takeScript.Run(ctx, t.redis, []string{t.stream, t.line, t.turn, t.holder, t.attempt}, args...).Slice()
	if err != nil {
		return taken{}, fmt.Errorf("take events of %s: %w", t.stream, err)
	}
	r := answer{values: v}
	out := taken{
		next: time.Duration(r.int()) * time.Millisecond, last: r.string(), more: r.int() == 1,
		cursor: r.string(), made: r.int() == 1, gone: r.int(),
	}
	for _, event := range r.list() {
		e := answer{values: asList(event)}
		k := ticket{id: e.string(), conversation: e.string(), attempt: e.int(), token: q.token, until: asked.Add(t.lease)}
		fields := e.list()
		k.fields = make(map[string]string, len(fields)/2)
		for i := 0; i+1 < len(fields); i += 2 {
			name, _ := fields[i].(string)
			k.fields[name], _ = fields[i+1].(string)
		}
		if e.bad {
			r.bad = true
		}
		out.tickets = append(out.tickets, k)
	}
	if r.bad {
		return taken{}, fmt.Errorf("take events of %s: the script's answer is not what was expected: %v", t.stream, v)
	}
	return out, nil
}

// keep makes the tickets last for another lease from now; kept says which of
// them are ours still.
func (t *turns) keep(ctx context.Context, tickets []ticket) (kept []bool, until time.Time, err error) {
	until = time.Now().Add(t.lease)
	args := []any{t.group, t.consumer, t.lease.Milliseconds()}
	for _, k := range tickets {
		args = append(args, k.conversation, k.id, k.token)
	}
	v, err := t.keepScript.Run(ctx, t.redis, []string{t.stream, t.turn, t.holder}, args...).Int64Slice()
	if err == nil && len(v) != len(tickets) {
		err = fmt.Errorf("%d answers for %d events", len(v), len(tickets))
	}
	if err != nil {
		return nil, until, fmt.Errorf("keep events of %s: %w", t.stream, err)
	}
	for _, one := range v {
		kept = append(kept, one == 1)
	}
	return kept, until, nil
}

// done finishes an event, as a dead letter if there is one. False: it was not
// ours any more.
func (t *turns) done(ctx context.Context, k ticket, letter []string) (bool, error) {
	args := []any{t.group, k.conversation, k.id, k.token, t.deadKept.Milliseconds()}
	for _, field := range letter {
		args = append(args, field)
	}
	ours, err := t.doneScript.Run(ctx, t.redis, []string{t.stream, t.line, t.turn, t.holder, t.attempt, t.dead}, args...).Bool()
	if err != nil {
		return false, fmt.Errorf("finish event %s: %w", k.id, err)
	}
	return ours, nil
}

// again gives an event back, to be taken after a delay. False: it was not ours
// any more.
func (t *turns) again(ctx context.Context, k ticket, delay time.Duration, counts bool) (bool, error) {
	ours, err := t.againScript.Run(ctx, t.redis, []string{t.turn, t.holder, t.attempt},
		k.conversation, k.id, k.token, delay.Milliseconds(), counts).Bool()
	if err != nil {
		return false, fmt.Errorf("give event %s back: %w", k.id, err)
	}
	return ours, nil
}

// answer walks through a script's answer and remembers if anything did not fit.
type answer struct {
	values []any
	bad    bool
}

func (a *answer) next() any {
	if len(a.values) == 0 {
		a.bad = true
		return nil
	}
	v := a.values[0]
	a.values = a.values[1:]
	return v
}

func (a *answer) int() int {
	n, ok := a.next().(int64)
	a.bad = a.bad || !ok
	return int(n)
}

func (a *answer) string() string {
	s, ok := a.next().(string)
	a.bad = a.bad || !ok
	return s
}

func (a *answer) list() []any { return asList(a.next()) }

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}
