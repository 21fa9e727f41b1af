package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// getUpdates waits for news, as long as it was asked to. Another poll, or a
// webhook, ends it.
func (s *Server) getUpdates(ctx context.Context, c call) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hook.url != "" {
		return nil, &refusal{code: 409, text: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	}
	if raw := c.params["offset"]; raw != nil {
		s.confirm(c.number("offset"))
	}
	s.endPoll()
	mine := s.poll
	timer := time.NewTimer(time.Duration(c.number("timeout")) * time.Second)
	defer timer.Stop()
	for {
		if s.poll != mine {
			return nil, &refusal{code: 409, text: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
		}
		if n := len(s.updates); n > 0 {
			return append([]json.RawMessage(nil), s.updates[:min(n, 100)]...), nil
		}
		news := s.news
		s.mu.Unlock()
		over := false
		select {
		case <-news:
		case <-timer.C:
			over = true
		case <-ctx.Done():
			over = true
		}
		s.mu.Lock()
		if over {
			return []any{}, nil
		}
	}
}

// confirm forgets the updates below an offset.
func (s *Server) confirm(offset int64) {
	defer s.Tell()
	for len(s.updates) > 0 && idOf(s.updates[0]) < offset {
		s.updates = s.updates[1:]
	}
}

func idOf(raw json.RawMessage) int64 {
	var u struct {
		ID int64 `json:"update_id"`
	}
	_ = json.Unmarshal(raw, &u)
	return u.ID
}

// endPoll ends the poll under way; another one begins.
func (s *Server) endPoll() {
	s.poll++
	close(s.news)
	s.news = make(chan struct{})
}

func (s *Server) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = webhook{}
	s.endPoll()
}

// Pending counts the updates that nobody has confirmed.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

// Update brings an update of a kind, and returns its id.
func (s *Server) Update(kind string, content any) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.update(kind, content)
}

func (s *Server) update(kind string, content any) int64 {
	s.nextID++
	raw, err := json.Marshal(map[string]any{"update_id": s.nextID, kind: content})
	if err != nil {
		panic(err)
	}
	s.updates = append(s.updates, raw)
	close(s.news)
	s.news = make(chan struct{})
	s.post()
	return s.nextID
}

// post brings what waits to the webhook, one after the other, each until it is
// taken. The mutex is held.
func (s *Server) post() {
	if s.hook.url == "" || s.posting {
		return
	}
	s.posting = true
	s.hooks.Go(func() {
		for {
			s.mu.Lock()
			if s.hook.url == "" || len(s.updates) == 0 {
				s.posting = false
				s.mu.Unlock()
				return
			}
			to, raw := s.hook, s.updates[0]
			s.mu.Unlock()
			r, err := http.NewRequest(http.MethodPost, to.url, bytes.NewReader(raw))
			if err != nil {
				panic(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Telegram-Bot-Api-Secret-Token", to.secret)
			answer, err := http.DefaultClient.Do(r)
			if err == nil {
				_ = answer.Body.Close()
			}
			if err != nil || answer.StatusCode != http.StatusOK {
				time.Sleep(20 * time.Millisecond) // the server's own backoff
				continue
			}
			s.mu.Lock()
			s.confirm(idOf(raw) + 1)
			s.mu.Unlock()
		}
	})
}

// Put makes a message that nobody is told of.
func (s *Server) Put(chat, from int64, text string) (message int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastMsg++
	s.chats[strconv.FormatInt(chat, 10)].messages[s.lastMsg] = &Message{ID: s.lastMsg, Chat: chat, FromID: from, Text: text, Date: time.Now()}
	return s.lastMsg
}

// Say has somebody write a message; entities and other fields as the API has
// them.
func (s *Server) Say(chat int64, text string, more map[string]any) (message int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastMsg++
	c := s.chats[strconv.FormatInt(chat, 10)]
	m := &Message{ID: s.lastMsg, Chat: chat, FromID: 42, Text: text, Date: time.Now()}
	c.messages[m.ID] = m
	shown := s.json(m)
	for name, value := range more {
		shown[name] = value
	}
	kind := "message"
	if c.Type == "channel" {
		kind = "channel_post"
	}
	s.update(kind, shown)
	return m.ID
}

// Press has somebody press a button below one of the bot's messages.
func (s *Server) Press(chat, message int64, data string) (query string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.chats[strconv.FormatInt(chat, 10)].messages[message]
	query = "q" + strconv.Itoa(len(s.answered)+int(s.nextID))
	s.update("callback_query", map[string]any{
		"id": query, "from": person(42, "Ann", "ann_lee"), "message": s.json(m), "chat_instance": "1", "data": data,
	})
	return query
}

// Upload keeps a file that somebody will send, and returns its file_id.
func (s *Server) Upload(name, kind string, data []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := "file" + strconv.Itoa(len(s.files)+1)
	s.files[id] = file{name, kind, data}
	return id
}
