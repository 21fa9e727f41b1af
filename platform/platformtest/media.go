package platformtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// media is platform.Media in memory, which takes every type of file.
type media struct {
	mu    sync.Mutex
	blobs map[string]envelope.Media // with their Data
}

var _ platform.Media = (*media)(nil)

func newMedia() *media { return &media{blobs: map[string]envelope.Media{}} }

func (m *media) Keep(_ context.Context, filename, mimetype string, content io.Reader) (envelope.Attachment, error) {
	data, err := io.ReadAll(content)
	if err != nil {
		return envelope.Attachment{}, fmt.Errorf("reading the file: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	id := "blob" + strconv.Itoa(len(m.blobs)+1)
	m.blobs[id] = envelope.Media{Filename: filename, Mimetype: mimetype, Size: int64(len(data)), Data: data}
	return envelope.Attachment{
		Filename: filename, Mimetype: mimetype, Size: int64(len(data)), Blob: id, URL: m.Link(id, time.Hour),
	}, nil
}

func (m *media) Open(_ context.Context, medium envelope.Media) (io.ReadCloser, envelope.Media, error) {
	if medium.Blob == "" {
		medium.Size = int64(len(medium.Data))
		return io.NopCloser(bytes.NewReader(medium.Data)), medium, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	kept, ok := m.blobs[medium.Blob]
	if !ok {
		return nil, medium, platform.Refused(envelope.CodeNotFound, "blob", "the media store has no blob %q", medium.Blob)
	}
	data := kept.Data
	kept.Data, kept.Blob = nil, medium.Blob
	return io.NopCloser(bytes.NewReader(data)), kept, nil
}

func (m *media) Link(blob string, _ time.Duration) string {
	return "/v1/media/" + url.PathEscape(blob) + "?sig=test"
}
