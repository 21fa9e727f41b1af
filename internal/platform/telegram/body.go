package telegram

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"
	"sync/atomic"
)

// upload is a file that goes with a request.
type upload struct {
	field    string
	filename string
	mimetype string
	size     int64 // 0 = not known
	content  io.Reader
}

// body is what a request sends.
type body struct {
	content io.Reader
	kind    string // its content type
	length  int64  // -1 = not known
	tail    *tail  // nil: it is short, and leaves whole or not at all
}

// whole reports whether all of it may have left. Of a form whose end never did,
// Telegram can have made nothing.
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

// newBody is JSON, or with a file a form, as the Bot API reads it: text as it
// stands, all else as JSON. The file is read as it is sent.
func newBody(p params, file *upload) (*body, error) {
	if p == nil {
		p = params{}
	}
	if file == nil {
		text, err := json.Marshal(p)
		return &body{content: bytes.NewReader(text), kind: "application/json", length: int64(len(text))}, err
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, value := range p {
		text, ok := value.(string)
		if !ok {
			raw, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			text = string(raw)
		}
		if err := form.WriteField(name, text); err != nil {
			return nil, err
		}
	}
	head := textproto.MIMEHeader{}
	head.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q; filename="%s"`, file.field, plainName(file.filename)))
	head.Set("Content-Type", file.mimetype)
	if _, err := form.CreatePart(head); err != nil {
		return nil, err
	}
	before := bytes.Clone(b.Bytes())
	b.Reset()
	if err := form.Close(); err != nil {
		return nil, err
	}
	end := &tail{Reader: bytes.NewReader(b.Bytes())}
	length := int64(-1)
	if file.size > 0 {
		length = int64(len(before)+b.Len()) + file.size
	}
	return &body{
		content: io.MultiReader(bytes.NewReader(before), file.content, end), kind: form.FormDataContentType(), length: length, tail: end,
	}, nil
}

// plainName is a file's name as it may stand in a header.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == '\\' || r == '/' {
			return '_'
		}
		return r
	}, name)
	if name == "" {
		return "file"
	}
	return name
}
