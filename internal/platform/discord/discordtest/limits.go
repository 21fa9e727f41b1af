package discordtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Rate is so many requests within a time that begins with the first; a zero one
// bounds nothing.
type Rate struct {
	Many int
	Per  time.Duration
}

// Limits are the rates that the server keeps to. The zero value bounds nothing,
// and no header tells of it.
type Limits struct {
	Routes map[string]Rate // by method and path, ids as {id}, the top-level one as {major}
	Others Rate
	All    Rate
}

// Published are the limit on all that Discord publishes, and the buckets that
// its headers are known to tell of.
func Published() Limits {
	return Limits{
		Routes: map[string]Rate{
			"POST /channels/{major}/messages":                              {5, 5 * time.Second},
			"PATCH /channels/{major}/messages/{id}":                        {5, 5 * time.Second},
			"DELETE /channels/{major}/messages/{id}":                       {5, time.Second},
			"PUT /channels/{major}/messages/{id}/reactions/{emoji}/@me":    {1, 250 * time.Millisecond},
			"DELETE /channels/{major}/messages/{id}/reactions/{emoji}/@me": {1, 250 * time.Millisecond},
			"POST /channels/{major}/typing":                                {5, 5 * time.Second},
		},
		Others: Rate{30, 10 * time.Second},
		All:    Rate{50, time.Second},
	}
}

// Limit makes the server keep to limits.
func (s *Server) Limit(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
}

type window struct {
	left      int
	reset     time.Time
	announced bool // an answer has told that nothing is left
}

// template is a request's path with its ids taken out, and its top-level one.
func template(method, path string) (shape, major string) {
	words := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := 1; i < len(words); i++ {
		switch {
		case i == 1 && (words[0] == "channels" || words[0] == "guilds"):
			major, words[1] = words[1], "{major}"
		case i == 1 && (words[0] == "webhooks" || words[0] == "interactions"):
			major, words[1] = path, "{major}"
		case i == 2 && (words[0] == "webhooks" || words[0] == "interactions"):
			words[2] = "{token}"
		case words[i-1] == "reactions":
			words[i] = "{emoji}"
		default:
			if _, err := strconv.ParseUint(words[i], 10, 64); err == nil {
				words[i] = "{id}"
			}
		}
	}
	return method + " /" + strings.Join(words, "/"), major
}

// within counts a request, or refuses it; h gets what the answer tells of
// limits. The mutex is held.
func (s *Server) within(method, path string, h http.Header) *refusal {
	shape, major := template(method, path)
	now := time.Now()
	free := strings.Contains(shape, "{token}")
	if all := s.limits.All; all.Many > 0 && !free {
		kept := s.sent[:0]
		for _, at := range s.sent {
			if now.Sub(at) < all.Per {
				kept = append(kept, at)
			}
		}
		if s.sent = kept; len(s.sent) >= all.Many {
			s.unheeded++ // it is published
			return s.tooMany(s.sent[0].Add(all.Per).Sub(now).Seconds(), "global")
		}
		s.sent = append(s.sent, now)
	}
	rate, ok := s.limits.Routes[shape]
	if !ok {
		rate = s.limits.Others
	}
	if rate.Many == 0 {
		return nil
	}
	w := s.windows[shape+major]
	if w == nil || !now.Before(w.reset) {
		w = &window{left: rate.Many, reset: now.Add(rate.Per)}
		s.windows[shape+major] = w
	}
	refused := w.left == 0
	if refused && w.announced {
		s.unheeded++
	}
	w.left = max(0, w.left-1)
	w.announced = w.announced || w.left == 0
	sum := sha256.Sum256([]byte(shape))
	after := w.reset.Sub(now).Seconds()
	h.Set("X-RateLimit-Limit", strconv.Itoa(rate.Many))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(w.left))
	h.Set("X-RateLimit-Reset", fmt.Sprintf("%.3f", float64(w.reset.UnixMilli())/1000))
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", after))
	h.Set("X-RateLimit-Bucket", hex.EncodeToString(sum[:8]))
	if refused {
		return s.tooMany(after, "user")
	}
	return nil
}

func (s *Server) tooMany(after float64, scope string) *refusal {
	s.refused++
	text := "You are being rate limited."
	if scope == "shared" {
		text = "The resource is being rate limited."
	}
	return &refusal{status: http.StatusTooManyRequests, text: text, after: after, scope: scope}
}
