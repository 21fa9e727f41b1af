package sink

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// The Slack app's secrets.
const (
	SlackToken  = "xoxb-1-fault"
	SlackSecret = "a-signing-secret"
)

// slackID is the form of a message's id, its ts.
const slackID = "1700000000.%06d"

// webCall is what is read of a request's parameters.
type webCall struct {
	Channel  string `json:"channel"`
	ThreadTS string `json:"thread_ts"`
	TS       string `json:"ts"`
	Text     string `json:"text"`
	Oldest   string `json:"oldest"`
	Cursor   string `json:"cursor"`
	Metadata struct {
		Payload struct {
			Key string `json:"key"`
		} `json:"event_payload"`
	} `json:"metadata"`
}

// slack is the Web API. Only what makes or changes a message meets faults.
func (s *Sink) slack(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+SlackToken {
		webSaid(w, `"error":"invalid_auth"`)
		return
	}
	c, err := readWebCall(r)
	if err != nil {
		http.Error(w, fmt.Sprintf("no request: %v", err), http.StatusBadRequest)
		return
	}
	p := Part{Key: c.Metadata.Payload.Key, ChannelID: c.Channel, ThreadID: c.ThreadTS, MessageID: c.TS, Text: unescapedSlack.Replace(c.Text), Count: 1, form: slackID}
	switch method := r.PathValue("method"); method {
	case "auth.test":
		webSaid(w, `"ok":true,"user":"b","user_id":"U0BOT","bot_id":"B0BOT","team_id":"T0TEAM"`)
	case "chat.postMessage":
		p.Type = envelope.TypeMessage
		s.respond(w, r, p, webAnswer)
	case "chat.update":
		p.Type = envelope.TypeEdit
		s.mu.Lock()
		p.ThreadID = s.topics[p.MessageID] // an edit does not name it
		s.mu.Unlock()
		s.respond(w, r, p, webAnswer)
	case "conversations.history", "conversations.replies":
		s.past(w, c)
	default:
		webSaid(w, `"error":"unknown_method"`)
	}
}

var unescapedSlack = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// readWebCall reads a request's parameters, as JSON or as a form.
func readWebCall(r *http.Request) (c webCall, err error) {
	body, err := io.ReadAll(r.Body) // to its end: only then is it noticed if the other side goes
	if err != nil {
		return c, err
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return c, json.Unmarshal(body, &c)
	}
	form, err := url.ParseQuery(string(body))
	c.Channel, c.TS, c.Oldest, c.Cursor = form.Get("channel"), form.Get("ts"), form.Get("oldest"), form.Get("cursor")
	return c, err
}

func webSaid(w http.ResponseWriter, fields string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{"+fields+"}")
}

// webAnswer is the body of an answer. A failure inside is told by who stands
// before Slack.
func webAnswer(seen history.Seen, _ Fault) []byte {
	switch seen.Status {
	case http.StatusOK:
		return fmt.Appendf(nil, `{"ok":true,"channel":%q,"ts":%q}`, seen.Channel, seen.MessageID)
	case http.StatusTooManyRequests:
		return []byte(`{"ok":false,"error":"ratelimited"}`)
	case http.StatusUnauthorized:
		return []byte(`{"ok":false,"error":"invalid_auth"}`)
	case http.StatusBadRequest:
		return []byte(`{"ok":false,"error":"invalid_arguments"}`)
	default:
		return []byte("upstream connect error")
	}
}

// pageOf is how many messages a page of the past has.
const pageOf = 40

// past answers with a page of what is in a channel, or a thread, and shown by
// now, the newest first. It meets no faults: what is about the look is not about
// the part.
func (s *Sink) past(w http.ResponseWriter, c webCall) {
	oldest, _ := strconv.ParseFloat(c.Oldest, 64)
	from, _ := strconv.Atoi(c.Cursor)
	s.mu.Lock()
	var all []any
	for key, k := range s.known {
		at := float64(k.since.UnixMicro()) / 1e6
		if key == "" || k.part.ChannelID != c.Channel || k.part.ThreadID != c.TS || at < oldest || time.Since(k.since) < s.keys.Lag {
			continue
		}
		all = append(all, map[string]any{
			"ts": k.id, "text": k.part.Text, "user": "U0BOT",
			"metadata": map[string]any{"event_type": "postern_part", "event_payload": map[string]any{"key": key}},
		})
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b any) int {
		return strings.Compare(b.(map[string]any)["ts"].(string), a.(map[string]any)["ts"].(string))
	})
	from = min(from, len(all))
	to := min(from+pageOf, len(all))
	next := ""
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"ok": true, "messages": all[from:to], "has_more": next != "", "response_metadata": map[string]any{"next_cursor": next},
	})
}
