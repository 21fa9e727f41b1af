package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

const (
	retryFirst = time.Second
	retryMost  = 30 * time.Second
	askAgain   = time.Minute // where a person must act, who may do so meanwhile

	// unheardMost is how often in a row an address is tried that says nothing.
	// Where a session is, is a host of Discord's that may be gone by now.
	unheardMost = 2
)

// connect holds a connection until ctx ends, one after the other: it resumes
// the session where there is one, and else begins one.
func (a *Adapter) connect(ctx context.Context, host platform.Host) {
	from, ok := a.left(ctx, host)
	stored := from.Seq
	failures, unheard := 0, 0
	for ok && ctx.Err() == nil {
		queue := newQueue(from, stored)
		err := a.hold(ctx, host, queue)
		if ctx.Err() != nil {
			return
		}
		if queue.wasReady() {
			failures = 0
		}
		from, stored = queue.position(), queue.recorded() // all that was received is recorded by now
		how := closedBy(err, a.config.intents)
		if how.anew {
			from, stored = cursor{}, 0
		}
		if unheard++; !errors.Is(err, errNoHello) {
			unheard = 0
		}
		if unheard >= unheardMost {
			from.URL = "" // the session may be resumed where Discord says now
		}
		failures++
		host.Log().Warn("the connection to Discord's gateway ended", "failures", failures, "again_in", how.wait(failures), "error", err)
		switch {
		case how.person != "":
			host.State(platform.StateAuthFailed, how.person)
		case failures >= 2:
			host.State(platform.StateLost, how.says)
		}
		webapi.Pause(ctx, how.wait(failures))
	}
}

// left is where the last owner of the session got to.
func (a *Adapter) left(ctx context.Context, host platform.Host) (cursor, bool) {
	for n := 1; ctx.Err() == nil; n++ {
		text, err := host.Cursor(ctx)
		if err == nil {
			var c cursor
			if json.Unmarshal([]byte(text), &c) != nil || c.Bot != a.me.Load().ID {
				return cursor{}, true // none, or another bot's
			}
			return c, true
		}
		host.Log().Warn("where the last connection got to cannot be read; trying again", "error", err)
		webapi.Pause(ctx, backoff(n))
	}
	return cursor{}, false
}

// hold is one connection, from its beginning to its end. Before it returns, all
// that came over it is recorded, or ctx has ended.
func (a *Adapter) hold(ctx context.Context, host platform.Host, queue *queue) error {
	address, err := a.gatewayFor(ctx, queue.position())
	if err != nil {
		return err
	}
	s, err := dial(ctx, address, a.client.web.HTTP(), queue.recorded)
	if err != nil {
		return err
	}
	defer s.end()
	if from := queue.position(); from.Session != "" {
		err = s.resume(ctx, a.config.token, from)
	} else {
		err = s.identify(ctx, a.config.token, a.config.intents, a.presence.last())
	}
	if err != nil {
		return err
	}
	living, end := context.WithCancelCause(ctx)
	defer end(nil)
	recorded := make(chan struct{})
	a.loops.Go(func() {
		defer close(recorded)
		a.record(ctx, host, queue)
	})
	a.loops.Go(func() {
		if err := s.heartbeat(living); err != nil {
			end(err)
		}
	})
	err = s.receive(living, func(f frame) bool {
		if begins(&f) {
			a.live.Store(s)
		}
		if f.Type != interacted {
			return queue.put(f)
		}
		f.turn = make(chan struct{})
		if !queue.put(f) {
			return false
		}
		a.loops.Go(func() { a.overtake(ctx, host, f) })
		return true
	})
	a.live.CompareAndSwap(s, nil)
	if cause := context.Cause(living); cause != nil && ctx.Err() == nil {
		err = cause
	}
	s.end()
	queue.close()
	<-recorded
	return err
}

// gatewayFor is where to connect to: where the session is, or else where Discord
// says, and for a new one once it lets us begin one.
func (a *Adapter) gatewayFor(ctx context.Context, from cursor) (string, error) {
	if from.Session != "" && from.URL != "" {
		return from.URL, nil
	}
	var said struct {
		URL   string `json:"url"`
		Limit struct {
			Remaining  int     `json:"remaining"`
			ResetAfter float64 `json:"reset_after"` // ms
		} `json:"session_start_limit"`
	}
	said.Limit.Remaining = 1
	if err := a.client.read(ctx, http.MethodGet, "/gateway/bot", nil, &said); err != nil {
		return "", err
	}
	if from.Session == "" && said.Limit.Remaining <= 0 {
		return "", &spentError{time.Duration(said.Limit.ResetAfter * float64(time.Millisecond))}
	}
	return said.URL, nil
}

// spentError: no more sessions may be begun today; one too many and Discord
// takes the token away (docs.discord.com/developers/events/gateway#identifying).
type spentError struct{ wait time.Duration }

func (e *spentError) Error() string {
	return fmt.Sprintf("the bot has begun as many sessions as Discord allows in a day; the next may in %v", e.wait.Round(time.Second))
}

// ending is what follows from the end of a connection.
type ending struct {
	anew   bool          // the session is gone: begin another
	person string        // what a person must do
	says   string        // why, as anybody may read it
	least  time.Duration // to wait
}

func (e ending) wait(failures int) time.Duration {
	return max(e.least, backoff(failures))
}

func backoff(n int) time.Duration {
	d := webapi.Backoff(n, retryFirst, retryMost)
	return d/2 + time.Duration(rand.Int64N(int64(d/2))) //nolint:gosec // jitter
}

// closedBy reads why a connection ended, by the table of close codes
// (docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes):
//
//	4004          the token: a person
//	4010 4011     shards: a person
//	4012          the version: a person, to update Postern
//	4013 4014     intents: a person, in the Developer Portal
//	4003 4007 4009, 1000, 1001, invalid session: begin another session
//	all others, and no code: resume
func closedBy(err error, intents int) ending {
	var spent *spentError
	switch {
	case errors.Is(err, errInvalid):
		// Discord asks for a random time of one to five seconds.
		return ending{anew: true, says: err.Error(), least: time.Second + time.Duration(rand.Int64N(int64(4*time.Second)))} //nolint:gosec // jitter
	case errors.Is(err, errReconnect), errors.Is(err, errZombie), errors.Is(err, errBehind):
		return ending{says: err.Error()}
	case errors.As(err, &spent):
		return ending{says: err.Error(), least: spent.wait}
	}
	code := websocket.CloseStatus(err)
	says := fmt.Sprintf("the gateway closed the connection: %d", code)
	var closed websocket.CloseError
	if errors.As(err, &closed) && closed.Reason != "" {
		says += fmt.Sprintf(" %.100s", closed.Reason)
	}
	switch code {
	case 4004:
		return ending{anew: true, least: askAgain, person: "Discord refuses the token: reset it in the Developer Portal, Bot, and put the new one where the config says"}
	case 4010, 4011:
		return ending{anew: true, least: askAgain, person: "the bot is in more servers than one connection may serve (some 2,500): Postern does not shard"}
	case 4012:
		return ending{anew: true, least: askAgain, person: "Discord's gateway no longer speaks version 10: a newer Postern is needed"}
	case 4013, 4014:
		return ending{anew: true, least: askAgain, person: "Discord refuses the intents: in the Developer Portal, Bot, Privileged Gateway Intents, enable " + portalNames(intents) + ", or take them out of the config's intents"}
	case 4003, 4007, 4009, websocket.StatusNormalClosure, websocket.StatusGoingAway:
		return ending{anew: true, says: says}
	case -1:
		if failure, ok := errors.AsType[*platform.Error](err); ok {
			return ending{says: failure.Message, least: failure.RetryAfter}
		}
		return ending{says: "the connection to the gateway broke off"}
	default:
		return ending{says: says}
	}
}

// portalNames are the privileged intents as the Developer Portal calls them.
func portalNames(intents int) string {
	names := map[string]string{"message_content": "Message Content Intent", "guild_members": "Server Members Intent"}
	var out []string
	for _, name := range asked(intents) {
		out = append(out, names[name])
	}
	if len(out) == 0 {
		return "what it names"
	}
	return strings.Join(out, " and ")
}
