package slack

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// shareFiles uploads files and shares them in one message. Until the last
// request nobody sees anything: what breaks off before made nothing
// (docs.slack.dev/messaging/working-with-files).
//
//	files.getUploadURLExternal ─► POST of the bytes ─► … ─► files.completeUploadExternal
func (a *Adapter) shareFiles(ctx context.Context, host platform.Host, r request, key string, permit func() error) (platform.Result, *platform.Error) {
	var files []any
	var first string
	for _, f := range r.Files {
		id, err := a.uploadOne(ctx, host, f, permit)
		if err != nil {
			failure := harmless(err)
			if failure.Field == "" {
				failure.Field = "attachments"
			}
			return platform.Result{}, failure
		}
		if first == "" {
			first = id
		}
		files = append(files, params{"id": id, "title": fileName(f)})
	}
	p := r.Params.with(params{"files": files})
	if blocks, _ := p["blocks"].([]any); len(blocks) > 0 {
		if comment, ok := blocks[0].(map[string]any); ok {
			p["blocks"] = []any{params(comment).with(params{"block_id": blockID(key)})}
		}
	}
	var made struct {
		Files []file `json:"files"`
	}
	if err := a.client.call(ctx, share, p, permit, &made); err != nil {
		return platform.Result{}, platform.AsError(err)
	}
	channel, _ := r.Params["channel_id"].(string)
	ts := ""
	for _, f := range made.Files {
		if ts = f.sharedIn(channel); ts != "" {
			break
		}
	}
	if ts == "" {
		ts = a.sharedAs(ctx, first, channel)
	}
	result := platform.Result{MessageID: ts}
	if ts == "" {
		result.Warnings = []string{"message_ids: Slack has not said under which id the files were shared; they cannot be edited or deleted by this envelope's key"}
	}
	return result, nil
}

// uploadOne uploads one file and returns its id.
func (a *Adapter) uploadOne(ctx context.Context, host platform.Host, m envelope.Media, permit func() error) (string, error) {
	content, failure := webapi.Open(ctx, host.Media(), m, maxUpload, fmt.Sprintf("Slack takes at most %d", maxUpload))
	if failure != nil {
		return "", failure
	}
	defer content.Close() //nolint:errcheck // only read
	if content.Size <= 0 {
		return "", platform.Refused(envelope.CodeInvalid, "attachments", "%.80q is empty; Slack takes no such file", content.Name)
	}
	name := fileName(envelope.Media{Filename: content.Name, Mimetype: content.Mimetype})
	var where struct {
		URL string `json:"upload_url"`
		ID  string `json:"file_id"`
	}
	if err := a.client.call(ctx, "files.getUploadURLExternal", params{"filename": name, "length": content.Size}, permit, &where); err != nil {
		return "", err
	}
	return where.ID, a.client.upload(ctx, where.URL, content.Size, content, permit)
}

// upload posts a file's bytes, as they are read. The address is good for that
// alone, and bears its own credential.
func (c *client) upload(ctx context.Context, address string, size int64, content io.Reader, permit func() error) error {
	if u, err := url.Parse(address); err != nil || !c.isSlack(u) {
		return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "Slack named an address to upload to that is none of Slack's"}
	}
	response, _, failure := c.web.Send(ctx, webapi.Request{
		Method: http.MethodPost, Address: address, Body: webapi.Bytes(content, size), Permit: permit, Secret: address,
	})
	if failure != nil {
		return failure
	}
	if response.StatusCode != http.StatusOK {
		return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: fmt.Sprintf("the upload was answered %d", response.StatusCode)}
	}
	return nil
}

// sharedAs asks for the message that a file was shared in. Slack makes it a
// moment after it has answered.
func (a *Adapter) sharedAs(ctx context.Context, id, channel string) string {
	for n := range 6 {
		if n > 0 {
			webapi.Pause(ctx, time.Duration(n)*200*time.Millisecond)
		}
		var said struct {
			File file `json:"file"`
		}
		if err := a.client.read(ctx, "files.info", params{"file": id}, &said); err != nil {
			return ""
		}
		if ts := said.File.sharedIn(channel); ts != "" || ctx.Err() != nil {
			return ts
		}
	}
	return ""
}

// shares are the messages that a file is in, by channel.
type shares map[string][]struct {
	TS string `json:"ts"`
}

// file is one that was sent or received.
type file struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	Mimetype string `json:"mimetype"`
	Size     int64  `json:"size"`
	Mode     string `json:"mode"`
	Access   string `json:"file_access"`
	Download string `json:"url_private_download"`
	Private  string `json:"url_private"`
	Shares   struct {
		Public  shares `json:"public"`
		Private shares `json:"private"`
	} `json:"shares"`
}

func (f file) sharedIn(channel string) string {
	for _, s := range []shares{f.Shares.Public, f.Shares.Private} {
		if in := s[channel]; len(in) > 0 {
			return in[len(in)-1].TS
		}
	}
	return ""
}

// fileName is a name to show a file under.
func fileName(m envelope.Media) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, path.Base(strings.ReplaceAll(m.Filename, "\\", "/")))
	if name != "" && name != "." && name != "/" {
		return name
	}
	known, err := mime.ExtensionsByType(m.Mimetype)
	if err != nil || len(known) == 0 {
		return "file"
	}
	return "file" + known[0]
}
