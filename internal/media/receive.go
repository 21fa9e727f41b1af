package media

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// receive copies content into a draft and returns what it found out about it:
// its type, size and digest. What is not allowed is refused before it is
// written.
func (s *Store) receive(draft Draft, note Note, content io.Reader) (About, error) {
	in := &source{from: content, left: s.config.MaxSize}
	head := make([]byte, sniffed)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return About{}, in.told(err, s.config.MaxSize)
	}
	head = head[:n]
	found := find(head)
	if !allowed(s.config.Types, found) {
		return About{}, platform.Refused(envelope.CodeInvalid, "",
			"it is %s by its bytes, which this gateway does not keep; see media.types in its config", found)
	}
	digest := sha256.New()
	out := io.MultiWriter(draft, digest)
	if _, err = out.Write(head); err != nil {
		return About{}, transient("the media store cannot be written to", err)
	}
	more, err := io.Copy(out, in)
	if err != nil {
		return About{}, in.told(err, s.config.MaxSize)
	}
	return About{
		Filename: CleanFilename(note.Filename), Mimetype: label(found, note.Mimetype), Found: found,
		Size: int64(n) + more, SHA256: hex.EncodeToString(digest.Sum(nil)),
	}, nil
}

var errTooLarge = errors.New("larger than the limit")

// source reads at most left bytes and remembers whether it was the one that
// failed.
type source struct {
	from  io.Reader
	left  int64
	fault error
}

func (s *source) Read(p []byte) (int, error) {
	if int64(len(p)) > s.left+1 {
		p = p[:s.left+1]
	}
	n, err := s.from.Read(p)
	if s.left -= int64(n); s.left < 0 {
		n, err = 0, errTooLarge
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.fault = err
	}
	return n, err
}

// told is why a copy failed, as others may read it.
func (s *source) told(err error, limit int64) error {
	switch refused, ours := errors.AsType[*platform.Error](s.fault); {
	case errors.Is(s.fault, errTooLarge):
		return platform.Refused(envelope.CodeTooLarge, "", "it has more than the %d bytes that this gateway keeps of a file; see media.max_size in its config", limit)
	case ours:
		return refused
	case s.fault != nil:
		return transient("the file broke off before its end", s.fault)
	}
	return transient("the media store cannot be written to", err)
}
