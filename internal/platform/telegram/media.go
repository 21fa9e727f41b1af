package telegram

import (
	"context"
	"fmt"
	"mime"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// fileRequest sends one file, in the form that its type has on Telegram.
func fileRequest(m envelope.Media, to params, caption styled) request {
	method, field := methodFor(m)
	return request{Method: method, Field: field, File: &m, Params: to.with(caption.params("caption", "caption_entities"))}
}

// methodFor is how a file of a type is sent. What is large or of another type
// goes as a document, as it stands.
func methodFor(m envelope.Media) (method, field string) {
	kind, _, err := mime.ParseMediaType(m.Mimetype)
	size := max(m.Size, int64(len(m.Data)))
	switch {
	case err != nil:
	case (kind == "image/jpeg" || kind == "image/png" || kind == "image/webp") && size <= maxPhoto:
		return "sendPhoto", "photo"
	case kind == "image/gif":
		return "sendAnimation", "animation"
	case kind == "video/mp4":
		return "sendVideo", "video"
	case kind == "audio/mpeg", kind == "audio/mp4":
		return "sendAudio", "audio"
	case kind == "audio/ogg":
		return "sendVoice", "voice"
	}
	return asDocument, "document"
}

const asDocument = "sendDocument"

// noPhoto is what Telegram says of a picture that it cannot show as one; it can
// still be sent as a document.
func noPhoto(err *platform.Error) bool {
	for _, said := range []string{"PHOTO_INVALID_DIMENSIONS", "PHOTO_EXT_INVALID", "PHOTO_SAVE_FILE_INVALID", "IMAGE_PROCESS_FAILED"} {
		if strings.Contains(err.Message, said) {
			return true
		}
	}
	return false
}

// openFile opens the file of a request.
func openFile(ctx context.Context, media platform.Media, r request) (*upload, *platform.Error) {
	file, failure := webapi.Open(ctx, media, *r.File, maxUpload, fmt.Sprintf("Telegram takes at most %d", maxUpload))
	if failure != nil {
		return nil, failure
	}
	if file.Name == "" {
		file.Name = r.Field + extension(file.Mimetype)
	}
	return &upload{File: file, field: r.Field}, nil
}

func extension(kind string) string {
	known, err := mime.ExtensionsByType(kind)
	if err != nil || len(known) == 0 {
		return ""
	}
	return known[0]
}

// received is a file in a message.
type received struct {
	ID       string `json:"file_id"`
	Size     int64  `json:"file_size"`
	Filename string `json:"file_name"`
	Mimetype string `json:"mime_type"`
	Width    int    `json:"width"`
}

// filesOf are the files in a message; of a photo, its largest size.
func filesOf(m *message) []received {
	var out []received
	if n := len(m.Photo); n > 0 {
		largest := m.Photo[0]
		for _, p := range m.Photo {
			if p.Width > largest.Width {
				largest = p
			}
		}
		largest.Filename, largest.Mimetype = "photo.jpg", "image/jpeg"
		out = append(out, largest)
	}
	for _, f := range []struct {
		file           *received
		filename, kind string
	}{
		{m.Animation, "animation.mp4", "video/mp4"},
		{m.Video, "video.mp4", "video/mp4"},
		{m.VideoNote, "video.mp4", "video/mp4"},
		{m.Audio, "audio.mp3", "audio/mpeg"},
		{m.Voice, "voice.ogg", "audio/ogg"},
		{m.Sticker, "sticker.webp", "image/webp"},
		{m.Document, "", "application/octet-stream"},
	} {
		if f.file == nil || f.file == m.Document && m.Animation != nil {
			continue // an animation comes as a document too
		}
		file := *f.file
		if file.Filename == "" {
			file.Filename = f.filename
		}
		if file.Mimetype == "" {
			file.Mimetype = f.kind
		}
		out = append(out, file)
	}
	return out
}

// keep stores the files of a message.
func (a *Adapter) keep(ctx context.Context, host platform.Host, files []received) []envelope.Attachment {
	return webapi.Keep(host, files,
		func(f received) envelope.Attachment {
			return envelope.Attachment{Filename: f.Filename, Mimetype: f.Mimetype, Size: f.Size}
		},
		func(f received) (envelope.Attachment, error) { return a.keepOne(ctx, host, f) })
}

func (a *Adapter) keepOne(ctx context.Context, host platform.Host, f received) (envelope.Attachment, error) {
	if f.Size > maxDownload {
		return envelope.Attachment{}, fmt.Errorf("it has %d bytes, and bots may fetch at most %d", f.Size, maxDownload)
	}
	limited, cancel := context.WithTimeout(ctx, a.config.timeout)
	defer cancel()
	var where struct {
		Path string `json:"file_path"`
	}
	if err := a.client.call(limited, "getFile", params{"file_id": f.ID}, nil, nil, &where); err != nil {
		return envelope.Attachment{}, err
	}
	content, err := a.client.download(limited, where.Path)
	if err != nil {
		return envelope.Attachment{}, err
	}
	defer content.Close() //nolint:errcheck // only read
	return host.Media().Keep(limited, f.Filename, f.Mimetype, content)
}
