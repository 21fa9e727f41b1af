// Package openai is an OpenAI-compatible endpoint for tests: it streams
// chat.completions as the real ones do, and fails as they do.
//
// What is unkind about it is deliberate. Each event arrives in two pieces, cut
// anywhere, also inside a character; comments stand between events; and the
// first chunk has a role and no content.
package openai

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Server is a running endpoint. Its methods may be called from any goroutine.
type Server struct {
	// URL is the base that clients are configured with; it ends in /v1.
	URL string

	ended chan struct{} // closed when the test ends

	mu       sync.Mutex
	replies  []Reply
	requests []Request
}

// Request is one question that was asked, well-formed or not.
type Request struct {
	Authorization string
	Model         string    `json:"model"`
	Stream        bool      `json:"stream"`
	Messages      []Message `json:"messages"`
}

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Start runs an endpoint on the loopback interface. It is closed with the test,
// and answers that are held then are cut.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", s.complete)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		close(s.ended)
		server.Close()
	})
	s.URL = server.URL + "/v1"
	return s
}

// Reply queues how the next requests are answered, in their order. A request
// that finds no reply queued is answered with Echo.
func (s *Server) Reply(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies = append(s.replies, replies...)
}

// Requests are the questions so far, in the order of their arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Echo is what the server says to a question when nothing else was queued.
func Echo(question string) string { return "You said: " + question }

func (s *Server) complete(w http.ResponseWriter, r *http.Request) {
	var q Request
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&q)
	q.Authorization = r.Header.Get("Authorization")
	reply := s.next(q)
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "we could not parse the JSON body of your request")
	case q.Model == "":
		refuse(w, http.StatusBadRequest, "you must provide a model parameter")
	case len(q.Messages) == 0:
		refuse(w, http.StatusBadRequest, "[] is too short - 'messages'")
	case !q.Stream:
		refuse(w, http.StatusBadRequest, "this endpoint only streams: set stream to true")
	case reply.Status != 0:
		reply.refuse(w)
	default:
		reply.stream(r.Context(), w, q.Model, s.ended)
	}
}

// next takes the reply that is due, and keeps the question.
func (s *Server) next(q Request) Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, q)
	if len(s.replies) > 0 {
		reply := s.replies[0]
		s.replies = s.replies[1:]
		return reply
	}
	question := ""
	if n := len(q.Messages); n > 0 {
		question = q.Messages[n-1].Content
	}
	return Reply{Tokens: strings.SplitAfter(Echo(question), " ")}
}
