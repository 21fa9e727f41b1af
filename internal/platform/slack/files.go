package slack

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// keep stores the files of a message, and notes them in kept, by their ids: what
// is there already is not fetched again.
func (a *Adapter) keep(ctx context.Context, host platform.Host, files []file, kept map[string]envelope.Attachment) []envelope.Attachment {
	return webapi.Keep(host, files,
		func(f file) envelope.Attachment {
			return envelope.Attachment{Filename: f.Name, Mimetype: f.Mimetype, Size: f.Size}
		},
		func(f file) (envelope.Attachment, error) {
			if known, ok := kept[f.ID]; ok {
				return known, nil
			}
			stored, err := a.keepOne(ctx, host, f)
			if err == nil && f.ID != "" {
				kept[f.ID] = stored
			}
			return stored, err
		})
}

func (a *Adapter) keepOne(ctx context.Context, host platform.Host, f file) (envelope.Attachment, error) {
	limited, cancel := context.WithTimeout(ctx, a.config.timeout)
	defer cancel()
	if f.Access == "check_file_info" { // one of another workspace's: the event says its id alone
		var said struct {
			File file `json:"file"`
		}
		if err := a.client.read(limited, "files.info", params{"file": f.ID}, &said); err != nil {
			return envelope.Attachment{}, err
		}
		f = said.File
	}
	if f.Size > maxDownload {
		return envelope.Attachment{}, fmt.Errorf("it has %d bytes, and at most %d are fetched", f.Size, maxDownload)
	}
	address := f.Download
	if address == "" {
		address = f.Private
	}
	if address == "" {
		return envelope.Attachment{}, fmt.Errorf("no address of it is named (mode %.40q)", f.Mode)
	}
	response, err := a.client.download(limited, address)
	if err != nil {
		return envelope.Attachment{}, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	switch kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); {
	case response.StatusCode >= 300 && response.StatusCode < 400, kind == "text/html" && !strings.HasPrefix(f.Mimetype, "text/html"):
		// Whoever may not have it is led to a page to sign in at.
		return envelope.Attachment{}, errors.New("the bot is not given it: add the scope files:read and install the app again")
	case response.StatusCode != http.StatusOK:
		return envelope.Attachment{}, fmt.Errorf("the file server answered %d", response.StatusCode)
	}
	return host.Media().Keep(limited, f.Name, f.Mimetype, http.MaxBytesReader(nil, response.Body, maxDownload))
}
