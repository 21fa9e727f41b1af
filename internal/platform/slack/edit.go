package slack

import (
	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/platform"
)

// planEdit replaces the text of the messages that are there, in order. What the
// new text does not need is deleted, unless it has files: see clearAway. What it
// needs more is sent.
func planEdit(e *envelope.Outbound, to params, ids []string) ([]request, error) {
	below, err := below(e)
	if err != nil {
		return nil, err
	}
	channel := params{"channel": e.ChannelID}
	if e.Text == "" {
		last := request{Method: update, Stands: true, Params: channel.with(params{"ts": ids[len(ids)-1], "blocks": below})}
		return []request{last}, nil
	}
	texts, err := split(e, room(below))
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "text", "nothing of it can be seen")
	}
	var requests []request
	for i, s := range texts {
		var under []any
		if i == len(texts)-1 {
			under = below
		}
		if i < len(ids) {
			requests = append(requests, request{Method: update, Params: channel.with(content(s, under)).with(params{"ts": ids[i]})})
		} else {
			requests = append(requests, messageRequest(to, s, under))
		}
	}
	withNative(requests, e)
	return append(requests, planDelete(e, ids[min(len(texts), len(ids)):])...), nil
}

func planDelete(e *envelope.Outbound, ids []string) []request {
	var requests []request
	for _, id := range ids {
		requests = append(requests, request{Method: remove, Params: params{"channel": e.ChannelID, "ts": id}})
	}
	return requests
}

func planReaction(e *envelope.Outbound, id string) []request {
	method := react
	if e.Remove {
		method = unreact
	}
	return []request{{Method: method, Params: params{"channel": e.ChannelID, "timestamp": id, "name": emojiName(e.Emoji)}}}
}

// planTyping is a status below a thread. Outside of threads Slack has none, and
// nothing is to be asked.
func planTyping(e *envelope.Outbound) []request {
	if e.ThreadID == "" {
		return []request{{}}
	}
	p := params{"channel_id": e.ChannelID, "thread_ts": e.ThreadID, "status": typingStatus}
	ttl := planning.Typing(e)
	if ttl == 0 {
		p["status"] = ""
	}
	return []request{{Method: setStatus, Params: p, TTL: ttl}}
}

// typingStatus stands behind the bot's name.
const typingStatus = "is typing…"

// planPresence: a bot is there, or away.
func planPresence(e *envelope.Outbound) ([]request, error) {
	presence := "away"
	if e.Status == "online" || e.Status == "" {
		presence = "auto"
	}
	return []request{{Method: setActive, Params: params{"presence": presence}}}, nil
}
