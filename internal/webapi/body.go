package webapi

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

// Body is what a request sends. It is sent once.
type Body struct {
	content io.Reader
	kind    string // its content type
	length  int64  // -1 = not known
	tail    *tail  // nil: it is short, and leaves whole or not at all
}

// Text is a short body, of a content type.
func Text(content []byte, kind string) *Body {
	return &Body{content: bytes.NewReader(content), kind: kind, length: int64(len(content))}
}

// Bytes is a body of so many bytes, read as it is sent.
func Bytes(content io.Reader, length int64) *Body {
	return &Body{content: io.LimitReader(content, length), kind: "application/octet-stream", length: length}
}

// whole reports whether all of it may have left. Of a form whose end never did,
// a platform can have made nothing.
func (b *Body) whole() bool { return b == nil || b.tail == nil || b.tail.begun.Load() }

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

// JSON is a value as a body.
func JSON(v any) (*Body, error) {
	text, err := json.Marshal(v)
	return Text(text, "application/json"), err
}

// Form is a multipart form: fields, then files, which are read as they are sent.
type Form struct {
	writer  *multipart.Writer
	text    bytes.Buffer // since the last file
	readers []io.Reader
	length  int64 // -1 = not known
}

// NewForm begins a form.
func NewForm() *Form {
	f := &Form{}
	f.writer = multipart.NewWriter(&f.text)
	return f
}

// Field adds a field that is a text.
func (f *Form) Field(name, text string) error { return f.writer.WriteField(name, text) }

// JSON adds a field that says that it is JSON.
func (f *Form) JSON(name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	part, err := f.writer.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf("form-data; name=%q", name)}, "Content-Type": {"application/json"},
	})
	if err != nil {
		return err
	}
	_, err = part.Write(text)
	return err
}

// File adds a file.
func (f *Form) File(name string, file File) error {
	if _, err := f.writer.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename="%s"`, name, plainName(file.Name))},
		"Content-Type":        {file.Mimetype},
	}); err != nil {
		return err
	}
	f.flush()
	f.readers = append(f.readers, file)
	if f.length >= 0 && file.Size > 0 {
		f.length += file.Size
	} else {
		f.length = -1
	}
	return nil
}

// flush puts what was written before what comes.
func (f *Form) flush() {
	f.readers = append(f.readers, bytes.NewReader(bytes.Clone(f.text.Bytes())))
	f.count()
	f.text.Reset()
}

func (f *Form) count() {
	if f.length >= 0 {
		f.length += int64(f.text.Len())
	}
}

// Body ends the form.
func (f *Form) Body() (*Body, error) {
	if err := f.writer.Close(); err != nil {
		return nil, err
	}
	f.count()
	end := &tail{Reader: bytes.NewReader(f.text.Bytes())}
	return &Body{content: io.MultiReader(append(f.readers, end)...), kind: f.writer.FormDataContentType(), length: f.length, tail: end}, nil
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
