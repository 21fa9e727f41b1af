package discord

import (
	"context"
	"fmt"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// keep stores the files of a message, voice messages among them.
func (a *Adapter) keep(ctx context.Context, host platform.Host, files []attachment) []envelope.Attachment {
	return webapi.Keep(host, files,
		func(f attachment) envelope.Attachment {
			return envelope.Attachment{Filename: f.Filename, Mimetype: f.Mimetype, Size: f.Size}
		},
		func(f attachment) (envelope.Attachment, error) { return a.keepOne(ctx, host, f) })
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
