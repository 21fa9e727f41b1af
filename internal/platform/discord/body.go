package discord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"sync/atomic"
)

// upload is a file that goes with a request.
type upload struct {
	filename string
	mimetype string
	size     int64 // 0 = not known
	content  io.Reader
}

// body is what a request sends.
type body struct {
	content io.Reader
	kind    string // its content type; "" for none
	length  int64  // -1 = not known
	tail    *tail  // nil: it is short, and leaves whole or not at all
}

// whole reports whether all of it may have left. Of a form whose end never did,
// Discord can have made nothing.
func (b *body) whole() bool { return b.tail == nil || b.tail.begun.Load() }

// tail is the end of a form.
type tail struct {
	io.Reader
	begun atomic.Bool
}

// Read notes that the end is on its way.
func (t *tail) Read(p []byte) (int, error) {
	t.begun.Store(true)
	return t.Reader.Read(p)
}

// newBody is JSON, or with files a form of payload_json and files[n], which are
// read as they are sent (docs.discord.com/developers/reference#uploading-files).
func newBody(r call) (*body, error) {
	if r.body == nil && len(r.files) == 0 {
		return &body{content: http.NoBody}, nil
	}
	text, err := json.Marshal(r.body)
	if err != nil {
		return nil, err
	}
	if len(r.files) == 0 {
		return &body{content: bytes.NewReader(text), kind: "application/json", length: int64(len(text))}, nil
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	var readers []io.Reader
	length := int64(0)
	flush := func() {
		readers = append(readers, bytes.NewReader(bytes.Clone(b.Bytes())))
		if length >= 0 {
			length += int64(b.Len())
		}
		b.Reset()
	}
	payload, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="payload_json"`}, "Content-Type": {"application/json"},
	})
	if err != nil {
		return nil, err
	}
	if _, err := payload.Write(text); err != nil {
		return nil, err
	}
	for i, f := range r.files {
		if _, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name="files[%d]"; filename="%s"`, i, plainName(f.filename))},
			"Content-Type":        {f.mimetype},
		}); err != nil {
			return nil, err
		}
		flush()
		readers = append(readers, f.content)
		if f.size == 0 {
			length = -1
		} else if length >= 0 {
			length += f.size
		}
	}
	if err := form.Close(); err != nil {
		return nil, err
	}
	end := &tail{Reader: bytes.NewReader(b.Bytes())}
	if length >= 0 {
		length += int64(b.Len())
	}
	return &body{content: io.MultiReader(append(readers, end)...), kind: form.FormDataContentType(), length: length, tail: end}, nil
}

// plainName is a file's name as it may stand in a header.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '"' || r == '\\' || r == '/' {
			return '_'
		}
		return r
	}, name)
	if name == "" {
		return "file"
	}
	return name
}
