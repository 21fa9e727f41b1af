package webapi

import (
	"context"
	"io"
	"mime"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// File is one that goes with a request.
type File struct {
	io.ReadCloser
	Name     string // "" = it has none
	Mimetype string
	Size     int64 // 0 = not known
}

// Open opens a file of an envelope, of at most so many bytes. limit goes on with
// the sentence that says how many a larger one has. The caller closes it.
func Open(ctx context.Context, media platform.Media, medium envelope.Media, most int64, limit string) (File, *platform.Error) {
	content, about, err := media.Open(ctx, medium)
	if err != nil {
		failure := *platform.AsError(err)
		failure.Field = "attachments"
		return File{}, &failure
	}
	if about.Size > most {
		_ = content.Close()
		return File{}, platform.Refused(envelope.CodeTooLarge, "attachments", "%.80q has %d bytes; %s", about.Filename, about.Size, limit)
	}
	kind := about.Mimetype
	if _, _, err := mime.ParseMediaType(kind); err != nil {
		kind = "application/octet-stream"
	}
	return File{ReadCloser: content, Name: about.Filename, Mimetype: kind, Size: about.Size}, nil
}

// Keep stores the files of a message that came, each by keep; about is what the
// platform says of one. One that cannot be had is told of without its bytes: the
// message comes all the same.
func Keep[F any](host platform.Host, files []F, about func(F) envelope.Attachment, keep func(F) (envelope.Attachment, error)) []envelope.Attachment {
	var out []envelope.Attachment
	for _, f := range files {
		kept, err := keep(f)
		if err != nil {
			kept = about(f)
			host.Log().Warn("a file that somebody sent could not be stored; its message says its name alone", "filename", kept.Filename, "error", err)
		}
		out = append(out, kept)
	}
	return out
}
