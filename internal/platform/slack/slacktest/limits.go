package slacktest

import (
	"time"
)

// Rate is so many requests within a time; a zero one bounds nothing.
type Rate struct {
	Many int
	Per  time.Duration
}

// Limits are the rates that the server keeps to. The zero value bounds nothing.
type Limits struct {
	Channel Rate            // messages to one channel
	Methods map[string]Rate // in the workspace
}

// Published are the limits of docs.slack.dev/apis/web-api/rate-limits, with
// nothing for bursts.
func Published() Limits {
	tier2, tier3, tier4 := Rate{20, time.Minute}, Rate{50, time.Minute}, Rate{100, time.Minute}
	return Limits{
		Channel: Rate{1, time.Second},
		Methods: map[string]Rate{
			"chat.update": tier3, "chat.delete": tier3, "reactions.add": tier3, "reactions.remove": tier2, "chat.postEphemeral": tier4,
			"conversations.history": tier3, "conversations.replies": tier3, "files.completeUploadExternal": tier4, "views.open": tier4,
			"users.info": tier4, "users.setPresence": tier2,
		},
	}
}

// Limit makes the server keep to limits.
func (s *Server) Limit(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
}

// limit counts a request, or refuses it. The mutex is held.
func (s *Server) limit(method, channel string) *refusal {
	name, rate := method, s.limits.Methods[method]
	if method == "chat.postMessage" {
		name, rate = "channel "+channel, s.limits.Channel
	}
	if rate.Many == 0 {
		return nil
	}
	now := time.Now()
	asked := s.asked[name]
	for len(asked) > 0 && now.Sub(asked[0]) >= rate.Per {
		asked = asked[1:]
	}
	if len(asked) >= rate.Many {
		s.refused++
		return &refusal{name: "ratelimited", status: 429, after: rate.Per - now.Sub(asked[0])}
	}
	s.asked[name] = append(asked, now)
	return nil
}
