package discord

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/sealed"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// sealedID is what a worker answers an interaction by.
func (a *Adapter) sealedID(i *interaction, inThread bool) string {
	kind := mayNotEver
	if i.writes(inThread) {
		kind = mayWrite
	}
	t := i.token()
	return kind + a.box.Load().Seal(t.bytes(), t.made().Add(interactionLasts))
}

// opened reads an interaction_id. over: its time is.
func (a *Adapter) opened(id string, now time.Time) (t token, over bool, err error) {
	text, err := a.box.Load().Open(id[1:], now)
	switch {
	case errors.Is(err, sealed.ErrExpired):
		return t, true, nil
	case err != nil:
		return t, false, platform.Refused(envelope.CodeInvalid, "interaction_id", "it is none that this platform gave: %v", err)
	}
	return readToken(text), false, nil
}

// answer answers an interaction. Its first answer is the response that Discord
// waits for, or takes the place of the sign that we think. What follows it, or
// comes too late, is a message in the channel, under its key; only what is for
// one person, or where we may not write, goes by the interaction without one.
func (a *Adapter) answer(ctx context.Context, part platform.Part, r request, send sender) (string, *platform.Error) {
	t, late, err := a.opened(r.Answers, send.now)
	switch {
	case err != nil:
		return "", platform.AsError(err)
	case late && (r.Ephemeral || r.Modal != nil || !keyed(r.Answers)):
		return "", platform.Refused(envelope.CodeNotFound, "interaction_id", "its 15 minutes are over, and only it could show this")
	case late:
		return send.message(ctx, r, part.Key)
	}
	w := a.answers.of(t, send.now)
	select {
	case <-w.turn:
	case <-ctx.Done():
		return "", webapi.Permitted(ctx.Err)
	}
	defer func() { w.turn <- struct{}{} }()
	if part.Index > 0 {
		return a.further(ctx, part, r, w, send)
	}
	first, err := a.claim(ctx, t, part.Key)
	switch {
	case err != nil:
		return "", platform.AsError(err)
	case !first.ours:
		return a.further(ctx, part, r, w, send)
	}
	id, failure := a.first(ctx, part, r, w, send, first)
	if failure != nil && failure.Sent == platform.SentNo && !first.before {
		a.disclaim(ctx, t, part.Key)
	}
	return id, failure
}

// first makes the first answer.
func (a *Adapter) first(ctx context.Context, part platform.Part, r request, w *waiting, send sender, claimed claim) (string, *platform.Error) {
	if w.stage != taken {
		id, failure := a.respond(ctx, r, w.token, send)
		switch {
		case failure == nil:
			w.stage, w.settled = taken, true
			return id, nil
		case codeOf(failure) == codeAcknowledged:
			if r.Modal != nil && w.stage == doubtful {
				w.stage, w.settled = taken, true
				return "", nil // it is what may have been taken
			}
			w.stage = taken
		case codeOf(failure) == codeUnknownInteraction && r.Modal == nil && !r.Ephemeral && keyed(r.Answers):
			w.stage = taken
			return send.message(ctx, r, part.Key)
		case failure.Sent != platform.SentNo:
			w.stage = doubtful
			return "", failure
		default:
			return "", failure
		}
	}
	if r.Modal != nil {
		return "", platform.Refused(envelope.CodeConflict, "interaction_id",
			"a modal must be the first answer, within ack_after (%v): it was acknowledged before", a.config.ackAfter)
	}
	return a.fulfil(ctx, part, r, w, send, claimed)
}

// respond is the first answer, while Discord waits for it.
func (a *Adapter) respond(ctx context.Context, r request, t token, send sender) (string, *platform.Error) {
	body := fields{"type": answerMessage, "data": unreferred(r.Body)}
	if r.Modal != nil {
		body = fields{"type": answerModal, "data": r.Modal}
	}
	var said struct {
		Resource struct {
			Message struct {
				ID string `json:"id"`
			} `json:"message"`
		} `json:"resource"`
	}
	failure := send.request(ctx, call{method: http.MethodPost, path: t.callback(), query: url.Values{"with_response": {"true"}}, body: body}, r.Files, &said)
	return said.Resource.Message.ID, failure
}

// fulfil is the first answer after we had said that it would come: it takes the
// place of the sign that we think, if there is one. Doing it again finds it
// done: what is there, and is no sign, is the answer that was claimed before.
func (a *Adapter) fulfil(ctx context.Context, part platform.Part, r request, w *waiting, send sender, claimed claim) (string, *platform.Error) {
	original, failure := w.look(ctx, send)
	switch {
	case failure != nil:
		return "", failure
	case original == nil: // nothing shows that we think
		return a.further(ctx, part, r, w, send)
	case original.Flags&flagLoading == 0 && original.Content != placeholder && claimed.before:
		return original.ID, nil
	case original.Flags&flagLoading == 0 && original.Content != placeholder: // of one that claimed nothing, an older Postern
		return a.further(ctx, part, r, w, send)
	case r.Ephemeral:
		return apart(ctx, r, w, send)
	}
	body := unreferred(r.Body)
	delete(body, "flags")
	if failure := send.request(ctx, call{method: http.MethodPatch, path: w.token.original(), body: body}, r.Files, original); failure != nil {
		return "", failure
	}
	w.settled = true
	return original.ID, nil
}

// look is the response as it is there now, nil if there is none. What stays for
// good is noted. A look that fails has sent nothing.
func (w *waiting) look(ctx context.Context, send sender) (*message, *platform.Error) {
	var original message
	failure := send.request(ctx, call{method: http.MethodGet, path: w.token.original()}, nil, &original)
	switch {
	case failure != nil && failure.Code != envelope.CodeNotFound:
		return nil, unsent(failure)
	case failure != nil, original.ID == w.token.Message:
		w.settled = true
		return nil, nil
	}
	w.settled = original.Flags&flagLoading == 0
	return &original, nil
}

// unsent is the failure of a request that does not bear the answer.
func unsent(failure *platform.Error) *platform.Error {
	out := *failure
	out.Sent = platform.SentNo
	return &out
}

const placeholder = "…"

// apart answers by a message apart where everybody sees that we think. Discord
// would let that sign become the answer, for all to see and in the place of
// whose it is; so it is answered by a word, and taken away.
func apart(ctx context.Context, r request, w *waiting, send sender) (string, *platform.Error) {
	if failure := send.request(ctx, call{method: http.MethodPatch, path: w.token.original(), body: fields{"content": placeholder}}, nil, nil); failure != nil {
		return "", unsent(failure)
	}
	w.settled = true
	id, failure := followUp(ctx, r, w.token, send)
	if failure == nil {
		_ = send.request(ctx, call{method: http.MethodDelete, path: w.token.original()}, nil, nil)
	}
	return id, failure
}

// further is an answer that is not the first.
func (a *Adapter) further(ctx context.Context, part platform.Part, r request, w *waiting, send sender) (string, *platform.Error) {
	switch {
	case r.Modal != nil:
		return "", platform.Refused(envelope.CodeConflict, "interaction_id", "a modal must be the first answer, and there was one before")
	case !r.Ephemeral && keyed(r.Answers):
		return send.message(ctx, r, part.Key)
	case !w.settled:
		original, failure := w.look(ctx, send)
		switch {
		case failure != nil:
			return "", failure
		case original != nil && original.Flags&flagLoading != 0:
			return apart(ctx, r, w, send)
		}
	}
	return followUp(ctx, r, w.token, send)
}

// followUp is an answer by the interaction, after the first
// (docs.discord.com/developers/interactions/receiving-and-responding#followup-messages).
func followUp(ctx context.Context, r request, t token, send sender) (string, *platform.Error) {
	var made message
	failure := send.request(ctx, call{method: http.MethodPost, path: t.webhook(), body: unreferred(r.Body)}, r.Files, &made)
	return made.ID, failure
}

// acknowledge tells Discord that an answer will come. It was recorded; that
// Discord hears of it is for the eye.
func (a *Adapter) acknowledge(ctx context.Context, t token) {
	err := a.client.read(ctx, http.MethodPost, t.callback(), fields{"type": t.later()}, nil)
	if host := a.host.Load(); err != nil && host != nil {
		host.Log().Debug("a click or a command could not be acknowledged", "error", err)
	}
}

// unreferred is a message as an interaction bears it: it answers that alone.
func unreferred(body fields) fields {
	out := maps.Clone(body)
	delete(out, "message_reference")
	return out
}
