package command

import (
	"fmt"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// filter lets some records through. What is not asked for lets all through.
type filter struct {
	Key     string `help:"Only the record of this message_key or stream_id."`
	Code    string `help:"Only those with this error code."`
	Channel string `help:"Only those for this channel_id."`
}

// String says what is asked for.
func (f filter) String() string {
	said := ""
	for _, part := range [][2]string{{"key", f.Key}, {"code", f.Code}, {"channel", f.Channel}} {
		if part[1] != "" {
			said += fmt.Sprintf(" with %s %q", part[0], part[1])
		}
	}
	return said
}

// passes reports whether a record is let through.
func (f filter) passes(l bus.Letter) bool {
	if f.Key != "" && l.MessageKey != f.Key || f.Code != "" && l.Code != f.Code {
		return false
	}
	if f.Channel == "" {
		return true
	}
	decoded, _ := envelope.DecodeOutbound(l.Data, envelope.Limits{MaxDepth: envelope.DefaultLimits().MaxDepth})
	return decoded.Envelope != nil && decoded.Envelope.ChannelID == f.Channel
}

// scan hands out the records that pass a filter, oldest first, until it is
// told to stop.
func (a *app) scan(s *bus.Stream, records string, f filter, each func(bus.Letter) (more bool, err error)) error {
	const page = 500
	for after := ""; ; {
		letters, err := s.Letters(a.ctx, records, after, page)
		if err != nil {
			return err
		}
		for _, l := range letters {
			if after = l.ID; !f.passes(l) {
				continue
			}
			if more, err := each(l); err != nil || !more {
				return err
			}
		}
		if len(letters) < page {
			return nil
		}
	}
}
