package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Config is what a Store is made of. All but Now and Log is required.
type Config struct {
	Backend   Backend
	Links     *Links
	MaxSize   int64         // bytes of one file
	Types     []string      // patterns of the types that are kept
	Retention time.Duration // from when a file was kept
	LinkTTL   time.Duration // of an address in an event

	Now func() time.Time
	Log *slog.Logger
}

// Store keeps files under ids until they expire. An error is a
// *platform.Error with SentNo. It is safe for concurrent use.
type Store struct{ config Config }

var _ platform.Media = (*Store)(nil)

// NewStore makes a store. It touches nothing.
func NewStore(c Config) *Store {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Store{config: c}
}

// Put keeps a file under an id that the caller chose. made is false if the
// same bytes are there already, whatever they are called; other bytes are a
// conflict. If the process dies meanwhile, the file is not there.
func (s *Store) Put(ctx context.Context, id string, note Note, content io.Reader) (about About, made bool, err error) {
	if err := checkID(id); err != nil {
		return About{}, false, err
	}
	draft, err := s.config.Backend.Create(ctx)
	if err != nil {
		return About{}, false, transient("the media store cannot be written to", err)
	}
	defer draft.Discard()
	if about, err = s.receive(draft, note, content); err != nil {
		return About{}, false, err
	}
	about.ID, about.Kept = id, s.config.Now().UTC()
	for {
		err := draft.Commit(ctx, about, s.config.Now().Add(-s.config.Retention))
		if err == nil {
			return about, true, nil
		}
		if !errors.Is(err, errTaken) {
			return About{}, false, transient("the media store cannot be written to", err)
		}
		there, err := s.Stat(ctx, id)
		switch {
		case err == nil && there.SHA256 == about.SHA256:
			return there, false, nil
		case err == nil:
			return About{}, false, platform.Refused(envelope.CodeConflict, "blob", "there are other bytes under this id: choose a new one for each file")
		case platform.AsError(err).Code != envelope.CodeNotFound:
			return About{}, false, err
		} // else it has expired since
	}
}

// Stat returns what is known of a file.
func (s *Store) Stat(ctx context.Context, id string) (About, error) {
	about, content, err := s.Get(ctx, id)
	if err == nil {
		_ = content.Close() // nothing was read of it
	}
	return about, err
}

// Get returns a file and what is known of it. The caller closes it.
func (s *Store) Get(ctx context.Context, id string) (About, io.ReadSeekCloser, error) {
	if err := checkID(id); err != nil {
		return About{}, nil, err
	}
	about, content, err := s.config.Backend.Open(ctx, id)
	if err == nil && s.config.Now().After(about.Kept.Add(s.config.Retention)) {
		_ = content.Close() // nothing was read of it
		err = errAbsent
	}
	switch {
	case errors.Is(err, errAbsent):
		return About{}, nil, platform.Refused(envelope.CodeNotFound, "blob",
			"the media store has no file under this id, or no longer: it keeps each for %v", s.config.Retention)
	case err != nil:
		return About{}, nil, transient("the media store cannot be read", err)
	}
	return about, content, nil
}

// Keep implements platform.Media.
func (s *Store) Keep(ctx context.Context, filename, mimetype string, content io.Reader) (envelope.Attachment, error) {
	about, _, err := s.Put(ctx, NewID(), Note{filename, mimetype}, content)
	if err != nil {
		return envelope.Attachment{}, err
	}
	return s.attachment(ctx, about)
}

// attachment is what others are told of a file, with an address of it.
func (s *Store) attachment(ctx context.Context, about About) (envelope.Attachment, error) {
	link, err := s.config.Links.Sign(ctx, about.ID, s.config.LinkTTL)
	if err != nil {
		return envelope.Attachment{}, transient("no address of the file can be signed", err)
	}
	return envelope.Attachment{Filename: about.Filename, Mimetype: about.Mimetype, Size: about.Size, Blob: about.ID, URL: link}, nil
}

// Open implements platform.Media. A medium by url was to be resolved before.
func (s *Store) Open(ctx context.Context, medium envelope.Media) (io.ReadCloser, envelope.Media, error) {
	switch {
	case medium.Blob != "":
		about, content, err := s.Get(ctx, medium.Blob)
		if err != nil {
			return nil, medium, err
		}
		return content, about.over(medium), nil
	case medium.URL != "":
		return nil, medium, platform.Refused(envelope.CodeUnsupported, "url", "a medium given by url is fetched before it is opened")
	}
	found := find(medium.Data)
	about := About{Found: found, Mimetype: label(found, medium.Mimetype), Size: int64(len(medium.Data))}
	content := io.NopCloser(bytes.NewReader(medium.Data))
	medium.Data = nil
	return content, about.over(medium), nil
}

// over fills in what a medium in an envelope leaves open. The worker's own
// word for the name and the type stands.
func (a About) over(m envelope.Media) envelope.Media {
	if m.Filename = CleanFilename(m.Filename); m.Filename == "" {
		m.Filename = a.Filename
	}
	if m.Filename == "" {
		m.Filename = "file" + extensions[a.Found]
	}
	if m.Mimetype == "" {
		m.Mimetype = a.Mimetype
	}
	m.Size = a.Size
	return m
}

// Link implements platform.Media. Without the nodes' secret, which Redis holds,
// it returns "".
func (s *Store) Link(blob string, lasts time.Duration) string {
	if lasts == 0 {
		lasts = s.config.LinkTTL
	}
	link, err := s.config.Links.Sign(context.Background(), blob, lasts)
	if err != nil {
		s.config.Log.Warn("no address of a file can be signed", "error", err)
	}
	return link
}

// Close ends idle connections.
func (s *Store) Close() { s.config.Backend.Close() }
