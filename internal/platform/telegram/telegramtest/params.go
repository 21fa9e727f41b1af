package telegramtest

import (
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
)

func readForm(body io.Reader, boundary string, c *call) error {
	form := multipart.NewReader(body, boundary)
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FileName() != "" {
			c.files[part.FormName()] = file{part.FileName(), part.Header.Get("Content-Type"), data}
		} else {
			c.params[part.FormName()] = asJSON(string(data))
		}
	}
}

// text is a parameter that is a text; a number will do.
func (c call) text(name string) string {
	raw := c.params[name]
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// number is a parameter that is a number; a text of one will do.
func (c call) number(name string) int64 {
	n, _ := strconv.ParseInt(c.text(name), 10, 64)
	return n
}

func (c call) yes(name string) bool { return c.text(name) == "true" }

// object is a parameter that is an object, or the text of one.
func (c call) object(name string) json.RawMessage {
	raw := c.params[name]
	var s string
	if json.Unmarshal(raw, &s) == nil && s != "" {
		return json.RawMessage(s)
	}
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// fileIn is the file of a parameter: uploaded beside it, under its name or
// attach://, or known already.
func (s *Server) fileIn(c call, field string) (id string, no *refusal) {
	name := field
	if at, ok := strings.CutPrefix(c.text(field), "attach://"); ok {
		name = at
	}
	if f, ok := c.files[name]; ok {
		if len(f.data) == 0 {
			return "", bad("file must be non-empty")
		}
		id = "file" + strconv.Itoa(len(s.files)+1)
		s.files[id] = f
		return id, nil
	}
	if id = c.text(field); id != "" {
		if _, ok := s.files[id]; ok {
			return id, nil
		}
		return "", bad("wrong file identifier/HTTP URL specified")
	}
	return "", bad("there is no %s in the request", field)
}

func (s *Server) serveFile(w http.ResponseWriter, path string) {
	s.mu.Lock()
	f, ok := s.files[strings.TrimPrefix(path, "files/")]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, nil)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(f.data)
}
