package sink

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// Part is the body of one request of the fault adapter, and of what the
// webhook platform posts as much as matters here.
type Part struct {
	Key        string        `json:"key"` // the part's; a webhook has it in a header
	Type       envelope.Type `json:"type"`
	ChannelID  string        `json:"channel_id"`
	ThreadID   string        `json:"thread_id,omitempty"`
	MessageKey string        `json:"message_key,omitempty"`
	MessageID  string        `json:"message_id,omitempty"`
	Text       string        `json:"text,omitempty"`
	Emoji      string        `json:"emoji,omitempty"`
	Part       int           `json:"part"`
	Count      int           `json:"count"`

	form  string // not "": that of a message's id on its platform, which an edit leaves it
	state bool   // it sets a state, under no key
}

// Answered is the body of a good answer, also of Find.
type Answered struct {
	MessageID string `json:"message_id"`
	Found     bool   `json:"found"`
}

func (s *Sink) webhook(w http.ResponseWriter, r *http.Request) {
	s.take(w, r, Part{Key: r.Header.Get("webhook-id"), Count: 1})
}

func (s *Sink) part(w http.ResponseWriter, r *http.Request) { s.take(w, r, Part{}) }

// take reads one request into p, settles what becomes of it, and answers.
func (s *Sink) take(w http.ResponseWriter, r *http.Request, p Part) {
	body, err := io.ReadAll(r.Body) // to its end: only then is it noticed if the other side goes
	if err == nil {
		err = json.Unmarshal(body, &p)
	}
	if err != nil || p.Key == "" {
		http.Error(w, fmt.Sprintf("no operation with a key: %v", err), http.StatusBadRequest)
		return
	}
	s.respond(w, r, p, func(seen history.Seen, _ Fault) []byte {
		answer, _ := json.Marshal(Answered{MessageID: seen.MessageID, Found: seen.Taken})
		return answer
	})
}

// respond settles what becomes of a request, and answers it with a body.
func (s *Sink) respond(w http.ResponseWriter, r *http.Request, p Part, body func(history.Seen, Fault) []byte) {
	fault, is := s.due(p)
	if fault.Kind == Hold {
		s.wait(r, fault.Wait)
		fault.left = r.Context().Err() != nil
	}
	at, seen := s.settle(r.PathValue("node"), p, fault, is)
	switch {
	case seen.Answer == history.Lost:
		cut(w)
		return
	case seen.Answer == history.Hung:
		s.wait(r, 0)
		cut(w)
		return
	case fault.Kind == Delay:
		s.wait(r, fault.Wait)
	}
	if fault.Kind == Breathe {
		w.Header().Set("Connection", "close")
	}
	if fault.Kind == Limit || fault.Kind == Unavailable {
		fault.retryAfter(w.Header())
	}
	answer := body(seen, fault)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer))) // so that it is whole once it is flushed
	left := r.Context().Err() != nil                            // afterwards it may leave because it has the answer
	w.WriteHeader(seen.Status)
	_, _ = w.Write(answer)
	if http.NewResponseController(w).Flush() != nil || left {
		s.unanswered(at)
	}
}

// unanswered notes that the answer to a request came to nothing.
func (s *Sink) unanswered(at int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[at].Answer = history.Lost
}

// settle decides and records what becomes of a request under a fault, if it met
// one. at is its place in the record.
func (s *Sink) settle(node string, p Part, f Fault, is bool) (at int, seen history.Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := f.judge(is)
	seen = history.Seen{
		At: time.Now(), Node: node, Key: p.Key, Asked: p.MessageKey,
		Type: p.Type, Channel: p.ChannelID, Thread: p.ThreadID, Show: p.show(),
		Part: p.Part, Count: p.Count, For: p.MessageID,
		Taken: j.taken, Status: j.status, Again: f.says() && (f.Kind == Limit || p.form == ""), Answer: j.answer,
	}
	if j.taken {
		k := s.known[p.Key]
		if k == nil || p.state || !s.keys.Honoured || s.keys.Window > 0 && seen.At.Sub(k.since) >= s.keys.Window {
			s.made++
			k = &kept{since: seen.At, id: p.id(s.made), part: p}
			s.known[p.Key] = k
			seen.Effect = true
		}
		seen.MessageID = k.id
		if p.form != "" {
			s.topics[k.id] = p.ThreadID
		}
	}
	s.seen = append(s.seen, seen)
	close(s.changed)
	s.changed = make(chan struct{})
	return len(s.seen) - 1, seen
}

// id is that of the nth thing made.
func (p Part) id(n int) string {
	switch {
	case p.form != "" && p.MessageID != "":
		return p.MessageID
	case p.form != "":
		return fmt.Sprintf(p.form, n)
	default:
		return "m" + strconv.Itoa(n)
	}
}

// show is what people see of it: what tells whose request it is.
func (p Part) show() string {
	switch p.Type {
	case envelope.TypeReaction:
		return p.Emoji
	case envelope.TypeDelete:
		return p.MessageKey
	default:
		return p.Text
	}
}

// find answers whether something of this key is there and shown by now. It
// meets no faults: what is about the look is not about the part.
func (s *Sink) find(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	k := s.known[r.URL.Query().Get("key")]
	s.mu.Unlock()
	var a Answered
	if k != nil && time.Since(k.since) >= s.keys.Lag {
		a = Answered{MessageID: k.id, Found: true}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a)
}

// connect is held open until either side ends it.
func (s *Sink) connect(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	s.hold(r)
}

// wait returns when the other side or the sink has gone, or after d if that is
// not 0.
func (s *Sink) wait(r *http.Request, d time.Duration) {
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-r.Context().Done():
	case <-s.done:
	}
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// says reports whether a refusal says when to come back, readably. From Discord,
// Slack and Telegram that counts only with a 429: after a 5xx of theirs nobody
// knows what became of the request, whatever its headers say.
func (f Fault) says() bool {
	return (f.Kind == Limit || f.Kind == Unavailable) && (f.Form == "" || f.Form == Seconds || f.Form == Date)
}

// retryAfter says when to come back, in the fault's form.
func (f Fault) retryAfter(h http.Header) {
	switch f.Form {
	case Absent:
	case Garbled:
		h.Set("Retry-After", "soon")
	case Past:
		h.Set("Retry-After", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
	case Date:
		// A date has whole seconds, and is not to come out as past.
		h.Set("Retry-After", time.Now().Add(f.Wait+time.Second).UTC().Format(http.TimeFormat))
	default:
		h.Set("Retry-After", strconv.Itoa(int(max(time.Second, f.Wait).Seconds())))
	}
}
