package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

const (
	pollLasts  = 50 * time.Second // that Telegram holds a poll without news
	retryFirst = time.Second
	retryMost  = 5 * time.Second
)

// poll takes updates until ctx ends. What was taken is confirmed by the next
// poll, and so only after it has been recorded.
func (a *Adapter) poll(ctx context.Context, host platform.Host) {
	offset, ok := a.resume(ctx, host)
	failures := 0
	for ok && ctx.Err() == nil {
		var updates []json.RawMessage
		hold := pollLasts
		if failures > 0 {
			hold = 0 // to know at once that it works again
		}
		err := a.fetch(ctx, offset, hold, &updates)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			failures++
			a.lost(host, platform.AsError(err), failures)
			webapi.Pause(ctx, wait(failures, platform.AsError(err)))
			continue
		}
		if failures > 0 {
			failures = 0
			host.State(platform.StateReady, "")
		}
		for _, raw := range updates {
			id, ok := a.record(ctx, host, raw)
			if !ok {
				return
			}
			offset = id + 1
		}
	}
}

// resume is where the last owner of the poll got to. Telegram keeps for a day
// what nobody has confirmed, and events are recorded once, so without a cursor
// it is from the oldest on.
func (a *Adapter) resume(ctx context.Context, host platform.Host) (offset int64, ok bool) {
	for n := 1; ctx.Err() == nil; n++ {
		cursor, err := host.Cursor(ctx)
		if err == nil {
			return after(cursor, a.me.Load()), true
		}
		host.Log().Warn("where the last poll got to cannot be read; trying again", "error", err)
		webapi.Pause(ctx, backoff(n))
	}
	return 0, false
}

// after is the update after a cursor's; 0, which is the oldest, if it is none of
// this bot's.
func after(cursor string, me *user) int64 {
	bot, update, _ := strings.Cut(cursor, ":")
	last, err := strconv.ParseInt(update, 10, 64)
	if err != nil || bot != number(me.ID) {
		return 0
	}
	return last + 1
}

func (a *Adapter) fetch(ctx context.Context, offset int64, hold time.Duration, updates *[]json.RawMessage) error {
	limited, cancel := context.WithTimeout(ctx, hold+a.config.timeout)
	defer cancel()
	return a.client.call(limited, "getUpdates", params{
		"offset": offset, "timeout": int(hold / time.Second), "allowed_updates": allowedUpdates,
	}, nil, nil, updates)
}

// record publishes what an update says, trying until it is recorded. ok is
// false if ctx ended before.
func (a *Adapter) record(ctx context.Context, host platform.Host, raw json.RawMessage) (id int64, ok bool) {
	for n := 1; ; n++ {
		id, err := a.take(ctx, host, raw)
		if err == nil {
			return id, true
		}
		if ctx.Err() != nil {
			return id, false
		}
		host.Log().Warn("an update could not be recorded; trying again", "update", id, "error", err)
		webapi.Pause(ctx, backoff(n))
	}
}

// take publishes what one update says. An update that cannot be read is told of
// and passed over: it would be the same the next time.
func (a *Adapter) take(ctx context.Context, host platform.Host, raw json.RawMessage) (id int64, err error) {
	var u update
	if err := json.Unmarshal(raw, &u); err != nil {
		var known struct {
			ID int64 `json:"update_id"`
		}
		_ = json.Unmarshal(raw, &known)
		host.Log().Error("an update cannot be read and is passed over", "update", known.ID, "error", err)
		return known.ID, nil
	}
	events, files := decode(&u, a.me.Load())
	for i, e := range events {
		cursor := ""
		if i == len(events)-1 {
			cursor = cursorOf(a.me.Load(), u.ID)
			e.Attachments = a.keep(ctx, host, files)
		}
		if err := host.Publish(ctx, e, cursor); err != nil {
			return u.ID, fmt.Errorf("publishing: %w", err)
		}
	}
	if u.Callback != nil {
		a.acknowledge(ctx, host, u.Callback.ID)
	}
	return u.ID, nil
}

// acknowledge ends the wait that a button shows. It was recorded; that Telegram
// hears of it is for the eye.
func (a *Adapter) acknowledge(ctx context.Context, host platform.Host, id string) {
	if err := a.client.read(ctx, "answerCallbackQuery", params{"callback_query_id": id}, nil); err != nil {
		host.Log().Debug("a button could not be acknowledged", "error", err)
	}
}

// lost tells how the connection is. One failure is no outage.
func (a *Adapter) lost(host platform.Host, err *platform.Error, failures int) {
	switch {
	case err.Code == envelope.CodeAuth:
		host.State(platform.StateAuthFailed, err.Message)
	case conflicts(err):
		host.State(platform.StateLost, "somebody else takes this bot's updates: end the other program, or make a bot of its own for it ("+err.Message+")")
	case failures >= 2:
		host.State(platform.StateLost, err.Message)
	}
	host.Log().Warn("no updates from Telegram; trying again", "failures", failures, "error", err)
}

func conflicts(err *platform.Error) bool { return strings.Contains(err.Message, " 409: ") }

// wait is how long to stay away. Who was refused, or meets a stranger, does not
// press.
func wait(failures int, err *platform.Error) time.Duration {
	switch {
	case err.Code == envelope.CodeAuth:
		return time.Minute
	case conflicts(err):
		return min(5*time.Second*time.Duration(failures), time.Minute)
	}
	return max(backoff(failures), err.RetryAfter)
}

func backoff(n int) time.Duration { return webapi.Backoff(n, retryFirst, retryMost) }
