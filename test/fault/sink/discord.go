package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// DiscordToken is the bot's.
const DiscordToken = "MTIzNDU2.GaBcDe.a-bot-of-the-fault-runs"

// discord is as much of Discord's API as a crowd needs. Only what makes or
// changes a message meets faults; the gateway is a connection that one node may
// hold.
func (s *Sink) discord(mux *http.ServeMux) {
	text := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		}
	}
	mux.HandleFunc("GET /{node}/v10/users/@me", text(`{"id":"123456","username":"b","bot":true}`))
	mux.HandleFunc("GET /{node}/v10/applications/@me", text(`{"id":"123457"}`))
	mux.HandleFunc("GET /{node}/v10/gateway/bot", func(w http.ResponseWriter, r *http.Request) {
		text(fmt.Sprintf(`{"url":"ws://%s/%s/gateway","shards":1,"session_start_limit":{"total":1000,"remaining":1000}}`, r.Host, r.PathValue("node")))(w, r)
	})
	mux.HandleFunc("GET /{node}/gateway", s.gateway)
	mux.HandleFunc("POST /{node}/v10/channels/{channel}/messages", s.say)
	mux.HandleFunc("PATCH /{node}/v10/channels/{channel}/messages/{message}", s.say)
	mux.HandleFunc("POST /{node}/v10/channels/{channel}/typing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
}

// say makes a message, or gives one another text.
func (s *Sink) say(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var said struct {
		Content string `json:"content"`
		Nonce   string `json:"nonce"`
		Enforce bool   `json:"enforce_nonce"`
	}
	if err == nil {
		err = json.Unmarshal(body, &said)
	}
	if err != nil || r.Header.Get("Authorization") != "Bot "+DiscordToken || r.Method == http.MethodPost && (said.Nonce == "" || !said.Enforce) {
		http.Error(w, fmt.Sprintf(`{"message":"no request: %v","code":50035}`, err), http.StatusBadRequest)
		return
	}
	p := Part{Type: envelope.TypeMessage, Key: said.Nonce, Text: unescapedDiscord(said.Content), Count: 1, form: "%d"}
	if p.MessageID = r.PathValue("message"); p.MessageID != "" {
		p.Type, p.state = envelope.TypeEdit, true
	}
	// A thread is a channel of its own, and its number begins with its channel's.
	if p.ChannelID = r.PathValue("channel"); len(p.ChannelID) > 4 {
		p.ChannelID, p.ThreadID = p.ChannelID[:4], p.ChannelID
	}
	s.respond(w, r, p, discordAnswer)
}

// unescapedDiscord is a text without the backslashes that keep it from being mark-up.
func unescapedDiscord(text string) string {
	return strings.NewReplacer(`\\`, `\`, `\`, "").Replace(text)
}

// discordAnswer is the body of an answer. Discord says when to come back in
// seconds, in the body too.
func discordAnswer(seen history.Seen, f Fault) []byte {
	switch {
	case seen.Status == http.StatusOK:
		return fmt.Appendf(nil, `{"id":%q}`, seen.MessageID)
	case f.Kind == Limit && f.Form != Absent && f.Form != Garbled && f.Form != Past:
		return fmt.Appendf(nil, `{"message":"You are being rate limited.","retry_after":%.3f,"global":false}`, max(time.Second, f.Wait).Seconds())
	default:
		return fmt.Appendf(nil, `{"message":%q,"code":0}`, http.StatusText(seen.Status))
	}
}

// gateway is a connection to Discord's gateway: it begins a session, or resumes
// one, and says nothing more.
func (s *Sink) gateway(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow() //nolint:errcheck // it is over
	s.mu.Lock()
	dead := s.server == nil
	s.sockets[conn] = true
	at := len(s.held)
	s.held = append(s.held, history.Holding{Node: r.PathValue("node"), From: time.Now()})
	s.serving.Add(1)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.sockets, conn)
		s.held[at].To = time.Now()
		s.mu.Unlock()
		s.serving.Done()
	}()
	if dead {
		return
	}
	ctx := context.Background() // Die closes it
	seq := 0
	tell := func(op int, kind, data string) {
		seq++
		_ = conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"op":%d,"t":%s,"s":%d,"d":%s}`, op, kind, seq, data))
	}
	tell(10, "null", `{"heartbeat_interval":41250}`)
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var f struct {
			Op   int `json:"op"`
			Data struct {
				Seq int `json:"seq"`
			} `json:"d"`
		}
		_ = json.Unmarshal(text, &f) // a heartbeat's data is a number
		switch f.Op {
		case 1:
			tell(11, "null", "null")
		case 2:
			tell(0, `"READY"`, `{"session_id":"s"}`) // it is resumed by each node at its own address
		case 6:
			seq = f.Data.Seq
			tell(0, `"RESUMED"`, "{}")
		}
	}
}
