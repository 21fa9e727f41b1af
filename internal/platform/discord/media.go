package discord

import (
	"context"
	"fmt"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// keep stores the files of a message, voice messages among them. One that cannot
// be had is told of without its bytes: the message comes all the same.
func (a *Adapter) keep(ctx context.Context, host platform.Host, files []attachment) []envelope.Attachment {
	var out []envelope.Attachment
	for _, f := range files {
		kept, err := a.keepOne(ctx, host, f)
		if err != nil {
			host.Log().Warn("a file that somebody sent could not be stored; its message says its name alone", "filename", f.Filename, "error", err)
			kept = envelope.Attachment{Filename: f.Filename, Mimetype: f.Mimetype, Size: f.Size}
		}
		out = append(out, kept)
	}
	return out
}

func (a *Adapter) keepOne(ctx context.Context, host platform.Host, f attachment) (envelope.Attachment, error) {
	if f.Size > maxDownload {
		return envelope.Attachment{}, fmt.Errorf("it has %d bytes, of at most %d", f.Size, maxDownload)
	}
	if !strings.HasPrefix(f.URL, "https://") && !strings.HasPrefix(f.URL, "http://") {
		return envelope.Attachment{}, fmt.Errorf("it is nowhere on the web")
	}
	limited, cancel := context.WithTimeout(ctx, a.config.timeout)
	defer cancel()
	content, err := a.client.download(limited, f.URL)
	if err != nil {
		return envelope.Attachment{}, err
	}
	defer content.Close() //nolint:errcheck // only read
	return host.Media().Keep(limited, f.Filename, f.Mimetype, content)
}
