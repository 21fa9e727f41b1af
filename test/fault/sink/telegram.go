package sink

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// Token is the bot's.
const Token = "123456:AbCdEf"

// botCall is what is read of a request's parameters.
type botCall struct {
	ChatID    json.Number `json:"chat_id"`
	ThreadID  json.Number `json:"message_thread_id"`
	MessageID json.Number `json:"message_id"`
	Text      string      `json:"text"`
	Timeout   int         `json:"timeout"`
}

// telegram is the Bot API. Only what makes or changes a message meets faults; a
// poll is a connection that one node may hold.
func (s *Sink) telegram(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("bot") != "bot"+Token {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	var c botCall
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &c)
	}
	if err != nil {
		http.Error(w, fmt.Sprintf("no request: %v", err), http.StatusBadRequest)
		return
	}
	p := Part{ChannelID: string(c.ChatID), ThreadID: string(c.ThreadID), MessageID: string(c.MessageID), Text: c.Text, Count: 1, form: "%d"}
	switch method := r.PathValue("method"); method {
	case "getMe":
		said(w, `{"id":123456,"is_bot":true,"first_name":"b","username":"b"}`)
	case "deleteWebhook":
		said(w, "true")
	case "getUpdates":
		if c.Timeout > 0 {
			s.hold(r)
		}
		said(w, "[]")
	case "sendMessage":
		p.Type = envelope.TypeMessage
		s.respond(w, r, p, botAnswer)
	case "editMessageText":
		p.Type = envelope.TypeEdit
		s.mu.Lock()
		p.ThreadID = s.topics[p.MessageID] // an edit does not name it
		s.mu.Unlock()
		s.respond(w, r, p, botAnswer)
	default:
		http.Error(w, `{"ok":false,"error_code":404,"description":"Not Found: method not found"}`, http.StatusNotFound)
	}
}

func said(w http.ResponseWriter, result string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"ok":true,"result":%s}`, result)
}

// botAnswer is the body of an answer. Telegram says when to come back in
// seconds, in the body too.
func botAnswer(seen history.Seen, f Fault) []byte {
	if seen.Status == http.StatusOK {
		return fmt.Appendf(nil, `{"ok":true,"result":{"message_id":%s}}`, seen.MessageID)
	}
	parameters := ""
	if f.Kind == Limit && f.Form != Absent && f.Form != Garbled && f.Form != Past {
		parameters = `,"parameters":{"retry_after":` + strconv.Itoa(int(max(time.Second, f.Wait).Seconds())) + "}"
	}
	return fmt.Appendf(nil, `{"ok":false,"error_code":%d,"description":"%s"%s}`, seen.Status, strings.ToLower(http.StatusText(seen.Status)), parameters)
}

// hold keeps a request as a connection that only one node may have.
func (s *Sink) hold(r *http.Request) {
	s.mu.Lock()
	at := len(s.held)
	s.held = append(s.held, history.Holding{Node: r.PathValue("node"), From: time.Now()})
	s.mu.Unlock()
	s.wait(r, 0)
	s.mu.Lock()
	s.held[at].To = time.Now()
	s.mu.Unlock()
}
