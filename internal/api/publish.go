package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/respond"
)

// Publisher answers POST /v1/outbound/{platform}: one envelope in, its entry
// out, or its receipt. Whatever is wrong with the envelope is told at once,
// where a worker would find a dead letter.
//
// It publishes only: delivery is some node's matter, not even this one's.
type Publisher struct {
	Redis      redis.UniversalClient
	Waiters    *bus.Waiters
	Names      envelope.Names
	Platforms  []string // that there are
	Limits     envelope.Limits
	BacklogCap int             // entries; 0 = none
	Stopping   context.Context // its end sends those home who wait
	Log        *slog.Logger
}

// published is the answer to an envelope whose receipt is not here.
type published struct {
	EntryID  string   `json:"entry_id"`
	Stream   string   `json:"stream"`
	Warnings []string `json:"warnings"` // never null
	Note     string   `json:"note,omitempty"`
}

// refusal is an answer other than the one wished for.
type refusal struct {
	status int
	fault  envelope.Error
}

func refuse(status int, code envelope.Code, field, message string) *refusal {
	return &refusal{status, envelope.Error{Code: code, Field: field, Message: message}}
}

func (p *Publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if no := p.serve(w, r); no != nil {
		respond.Error(w, no.status, no.fault)
	}
}

func (p *Publisher) serve(w http.ResponseWriter, r *http.Request) *refusal {
	platform := r.PathValue("platform")
	if no := p.find(platform); no != nil {
		return no
	}
	wait, no := waitFor(r)
	if no != nil {
		return no
	}
	var leave func()
	if wait > 0 {
		var err error
		if leave, err = p.Waiters.Enter(); err != nil {
			no := refuse(http.StatusServiceUnavailable, envelope.CodeUnavailable, "wait", "too many requests wait for a receipt on this node: try again, or publish without wait")
			no.fault.RetryAfter = 1
			return no
		}
		defer leave()
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + 30*time.Second))
	}
	data, no := p.body(w, r)
	if no != nil {
		return no
	}
	post, no := p.prepare(platform, data, r.Header, wait > 0)
	if no != nil {
		return no
	}
	id, no := p.add(r, post)
	if no != nil {
		return no
	}
	answer := published{EntryID: id, Stream: post.stream, Warnings: post.warnings}
	if wait > 0 {
		p.await(w, r, post, answer, wait)
		return nil
	}
	respond.JSON(w, http.StatusAccepted, answer)
	return nil
}

// find refuses a platform that there is not.
func (p *Publisher) find(platform string) *refusal {
	for _, name := range p.Platforms {
		if name == platform {
			return nil
		}
	}
	there := "the config has none"
	if len(p.Platforms) > 0 {
		there = "there is " + strings.Join(p.Platforms, ", ")
	}
	return refuse(http.StatusNotFound, envelope.CodeNotFound, "", "no platform "+strconv.Quote(platform)+": "+there)
}

// body reads the envelope's bytes.
func (p *Publisher) body(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(p.Limits.MaxBytes)))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, refuse(http.StatusRequestEntityTooLarge, envelope.CodeTooLarge, "data",
			"more than "+strconv.Itoa(p.Limits.MaxBytes)+" bytes: send big media by url or blob")
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, envelope.CodeUndecodable, "data", "the body broke off")
	}
	return data, nil
}

// add publishes the envelope, unless too many wait already.
func (p *Publisher) add(r *http.Request, post post) (string, *refusal) {
	ctx := r.Context()
	if p.BacklogCap > 0 {
		waiting, err := p.Redis.XLen(ctx, post.stream).Result()
		if err != nil {
			return "", p.away(r, err)
		}
		if waiting >= int64(p.BacklogCap) {
			no := refuse(http.StatusTooManyRequests, envelope.CodeRateLimited, "",
				strconv.FormatInt(waiting, 10)+" entries wait in "+post.stream+", and delivery.backlog_cap is "+strconv.Itoa(p.BacklogCap))
			no.fault.RetryAfter = 1
			return "", no
		}
	}
	trace := post.traceID
	if trace == "" {
		trace = of(r).id
	}
	id, err := p.Redis.XAdd(ctx, &redis.XAddArgs{Stream: post.stream, Values: []any{
		"data", post.data, "ts", time.Now().Unix(), "trace_id", trace,
	}}).Result()
	if err != nil {
		return "", p.away(r, err)
	}
	return id, nil
}

// away tells that Redis does not answer. The envelope may be there all the
// same, so the sender is told what makes a second try safe.
func (p *Publisher) away(r *http.Request, err error) *refusal {
	p.Log.Warn("an envelope could not be published over HTTP", "request_id", of(r).id, "error", err)
	no := refuse(http.StatusServiceUnavailable, envelope.CodeUnavailable, "",
		"redis does not answer; it may have been published all the same: with a message_key it is safe to send it again")
	no.fault.RetryAfter = 1
	return no
}

// declared is the encoding that a request's content type names.
func declared(header http.Header) (enc envelope.Encoding, ok bool) {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case err != nil:
		return 0, false
	case kind == "application/json", strings.HasSuffix(kind, "+json"):
		return envelope.JSON, true
	case kind == "application/msgpack", kind == "application/x-msgpack", kind == "application/vnd.msgpack":
		return envelope.MessagePack, true
	}
	return 0, false
}
