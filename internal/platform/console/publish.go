package console

import (
	"fmt"

	"github.com/oklog/ulid/v2"
)

// typed hands one line on: published, or answered to who typed it.
func (a *Adapter) typed(line string, tooLong bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.current()
	if s == nil {
		return
	}
	if tooLong {
		_ = a.print(s.ctx, fmt.Sprintf("    not published: the line is over %d bytes", maxLine))
		return
	}
	t := decode(line)
	if t.channel != "" {
		a.channel = t.channel
	}
	if t.say != "" {
		_ = a.print(s.ctx, t.say) // a terminal that takes no output tells nobody anything
	}
	if t.event.Event == "" {
		return
	}
	t.event.ChannelID, t.event.UserID, t.event.Username = a.channel, a.user, a.user
	t.event.EventID = ulid.Make().String()
	t.event.MessageID = t.event.EventID
	t.event.Timestamp = float64(s.host.Now().UnixMilli()) / 1000
	if err := s.host.Publish(s.ctx, t.event, ""); err != nil {
		s.host.Log().Warn("a typed line was not published", "error", err)
		_ = a.print(s.ctx, "    not published: the gateway could not record it; type it again")
	}
}
