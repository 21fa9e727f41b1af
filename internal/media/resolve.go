package media

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// maxFetches is how many media of one envelope are fetched: the lane waits for
// all of them.
const maxFetches = 32

// Resolver turns the media of an envelope into files of the store.
type Resolver struct {
	Store   *Store
	Fetcher *Fetcher
}

// Resolve returns a copy of env in which what was given by url has been
// fetched and is a blob, and every blob is known to be there, with its size.
// env is not changed; one without such media is returned as it is. key names
// the operation for ever: if the process dies, whoever resolves it again finds
// what was fetched. An error is a *platform.Error with SentNo and the field.
func (r *Resolver) Resolve(ctx context.Context, key string, env *envelope.Outbound) (*envelope.Outbound, error) {
	urls := 0
	for _, m := range env.Attachments {
		if m.URL != "" {
			urls++
		}
	}
	if urls > maxFetches {
		return nil, platform.Refused(envelope.CodeTooLarge, "attachments", "%d media are to be fetched by url; this gateway fetches at most %d of an envelope", urls, maxFetches)
	}
	out := env
	for i, m := range env.Attachments {
		how := "blob"
		switch {
		case m.URL != "":
			how = "url"
			m.Blob = DerivedID(key, i, m.URL)
		case m.Blob == "":
			continue // its bytes are in the envelope
		}
		about, err := r.find(ctx, m)
		if err != nil {
			failure := *platform.AsError(err)
			failure.Field = fmt.Sprintf("attachments[%d].%s", i, how)
			return nil, &failure
		}
		m = about.over(m)
		m.URL = ""
		if out == env {
			copied := *env
			copied.Attachments = slices.Clone(env.Attachments)
			out = &copied
		}
		out.Attachments[i] = m
	}
	return out, nil
}

// find looks a medium up in the store, and fetches it if it is to be fetched
// and not there.
func (r *Resolver) find(ctx context.Context, m envelope.Media) (About, error) {
	about, err := r.Store.Stat(ctx, m.Blob)
	if m.URL == "" || err == nil || platform.AsError(err).Code != envelope.CodeNotFound {
		return about, err
	}
	err = r.Fetcher.Fetch(ctx, m.URL, func(note Note, content io.Reader) (err error) {
		about, _, err = r.Store.Put(ctx, m.Blob, note, content)
		return err
	})
	if err != nil && platform.AsError(err).Code == envelope.CodeConflict {
		return r.Store.Stat(ctx, m.Blob) // another node fetched it meanwhile, and got other bytes: those count
	}
	return about, err
}
