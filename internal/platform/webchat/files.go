package webchat

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
	"github.com/posternhq/postern/platform"
)

// uploadLasts is how long an upload can be sent.
const uploadLasts = 24 * time.Hour

// sniffed is how much of a file tells what it is.
const sniffed = 512

// filekeys sign what stands for files: an upload, which only who made it can
// send, and a link, which whoever sees the message can follow.
type filekeys struct{ upload, link key }

// upload is a file that was kept for a visitor, on its way into a message.
type upload struct {
	Visitor  string `json:"v"`
	At       int64  `json:"t"` // unix seconds
	Blob     string `json:"b"`
	Filename string `json:"f"`
	Mimetype string `json:"m"`
	Size     int64  `json:"s"`
	Image    bool   `json:"i,omitempty"`
}

func (k filekeys) sealUpload(u upload) string {
	b, err := json.Marshal(u)
	if err != nil { // strings and numbers
		return ""
	}
	return k.upload.sign(base64.RawURLEncoding.EncodeToString(b))
}

// openUpload returns an upload of this visitor's.
func (k filekeys) openUpload(sealed, visitor string, now time.Time) (u upload, ok bool) {
	text, ok := k.upload.open(sealed)
	if !ok || len(sealed) > 4<<10 {
		return upload{}, false
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(b, &u) != nil || u.Visitor != visitor || now.Sub(time.Unix(u.At, 0)) > uploadLasts {
		return upload{}, false
	}
	return u, true
}

// path is where a page finds a blob, below the chat's own address.
func (k filekeys) path(blob string) string {
	return "-/file/" + k.link.sign(base64.RawURLEncoding.EncodeToString([]byte(blob)))
}

func (k filekeys) openPath(token string) (blob string, ok bool) {
	text, ok := k.link.open(token)
	if !ok {
		return "", false
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	return string(b), err == nil && len(b) > 0
}

// attach turns the uploads that a message names into its files, and into what
// the workers are told of them.
func (s *socket) attach(sealed []string) ([]file, []envelope.Attachment, error) {
	var files []file
	var attached []envelope.Attachment
	for _, token := range sealed {
		u, ok := s.hub.files.openUpload(token, s.visitor.id, s.hub.host.Now())
		if !ok {
			return nil, nil, refused(envelope.CodeNotFound, "files: one was not uploaded by you within the last day; upload it again")
		}
		files = append(files, file{Filename: u.Filename, Mimetype: u.Mimetype, Size: u.Size, URL: s.hub.files.path(u.Blob), Image: u.Image})
		attached = append(attached, envelope.Attachment{
			Filename: u.Filename, Mimetype: u.Mimetype, Size: u.Size, Blob: u.Blob, URL: s.hub.host.Media().Link(u.Blob, 0),
		})
	}
	return files, attached, nil
}

// keepOne stores a medium of the bot's, if it is not a blob already.
func (h *hub) keepOne(ctx context.Context, medium envelope.Media) (file, error) {
	content, known, err := h.host.Media().Open(ctx, medium)
	if err != nil {
		return file{}, err
	}
	defer content.Close()
	r := bufio.NewReaderSize(content, sniffed)
	image := isImage(r)
	if known.Blob == "" {
		kept, err := h.host.Media().Keep(ctx, cleanFilename(medium.Filename), cleanMimetype(medium.Mimetype), r)
		if err != nil {
			return file{}, err
		}
		known = envelope.Media{Filename: kept.Filename, Mimetype: kept.Mimetype, Size: kept.Size, Blob: kept.Blob}
	}
	for _, said := range []struct{ into, by *string }{{&known.Filename, &medium.Filename}, {&known.Mimetype, &medium.Mimetype}} {
		if *said.by != "" {
			*said.into = *said.by
		}
	}
	return file{
		Filename: cleanFilename(known.Filename), Mimetype: cleanMimetype(known.Mimetype), Size: known.Size,
		URL: h.files.path(known.Blob), Image: image,
	}, nil
}

// isImage reports whether a file is a picture that every browser shows and
// none runs anything of, by its first bytes, which stay to be read.
func isImage(r *bufio.Reader) bool {
	head, err := r.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	return slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, http.DetectContentType(head))
}

// cleanFilename is the last part of a path that can be shown.
func cleanFilename(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if name = clip(cleanName(name), maxFilename); name == "" || strings.Trim(name, ".") == "" {
		return "file"
	}
	return name
}

func cleanMimetype(m string) string {
	kind, _, err := mime.ParseMediaType(m)
	if err != nil || !strings.Contains(kind, "/") || len(kind) > 100 {
		return "application/octet-stream"
	}
	return kind
}

// serveUpload keeps one file for a visitor.
func (h *hub) serveUpload(w http.ResponseWriter, r *http.Request) {
	session := r.Header.Get("X-Postern-Session")
	if session == "" {
		session = sessionCookie(r)
	}
	id, ok := h.sessions.read(session, h.host.Now())
	if !ok {
		writeError(w, http.StatusUnauthorized, envelope.CodeAuth, 0, "no session, or one that does not hold; ask for one at -/session")
		return
	}
	h.mu.Lock()
	v := h.visitors.get(id)
	h.mu.Unlock()
	if res := v.uploads.Reserve(); res.Delay() > 0 {
		wait := res.Delay()
		res.Cancel()
		writeError(w, http.StatusTooManyRequests, envelope.CodeRateLimited, wait, "that was too many files at once")
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(uploadWithin)) // where there is none to set, the server's holds
	_ = control.SetWriteDeadline(time.Now().Add(uploadWithin))
	if r.ContentLength > int64(h.config.maxFile) {
		h.refuseUpload(w, &http.MaxBytesError{Limit: int64(h.config.maxFile)})
		return
	}
	body := bufio.NewReaderSize(http.MaxBytesReader(w, r.Body, int64(h.config.maxFile)), sniffed)
	image := isImage(body)
	name, kind := cleanFilename(r.URL.Query().Get("name")), cleanMimetype(r.Header.Get("Content-Type"))
	kept, err := h.host.Media().Keep(r.Context(), name, kind, body)
	if err != nil {
		h.refuseUpload(w, err)
		return
	}
	u := upload{
		Visitor: id, At: h.host.Now().Unix(), Blob: kept.Blob, Filename: name, Mimetype: cleanMimetype(kept.Mimetype), Size: kept.Size, Image: image,
	}
	respond.JSON(w, http.StatusOK, struct {
		Blob string `json:"blob"`
		file
	}{h.files.sealUpload(u), file{Filename: u.Filename, Mimetype: u.Mimetype, Size: u.Size, URL: h.files.path(u.Blob), Image: image}})
}

// uploadWithin bounds one upload, over a slow line too.
const uploadWithin = 5 * time.Minute

func (h *hub) refuseUpload(w http.ResponseWriter, err error) {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		writeError(w, http.StatusRequestEntityTooLarge, envelope.CodeTooLarge, 0, fmt.Sprintf("a file has at most %d bytes", tooLarge.Limit))
		return
	}
	if e, ok := errors.AsType[*platform.Error](err); ok {
		status := map[envelope.Code]int{
			envelope.CodeTooLarge: http.StatusRequestEntityTooLarge, envelope.CodeInvalid: http.StatusUnsupportedMediaType,
			envelope.CodeTransient: http.StatusServiceUnavailable,
		}[e.Code]
		if status != 0 {
			writeError(w, status, e.Code, 0, e.Message)
			return
		}
	}
	h.host.Log().Warn("an upload was not kept", "error", err)
	writeError(w, http.StatusServiceUnavailable, envelope.CodeUnavailable, time.Second, "the gateway cannot keep the file just now")
}

// serveFile serves a file of a message. What is no picture is downloaded; and
// a picture that a browser takes for more than that may do nothing.
func (h *hub) serveFile(w http.ResponseWriter, r *http.Request, token string) {
	blob, ok := h.files.openPath(token)
	if !ok {
		writeError(w, http.StatusNotFound, envelope.CodeNotFound, 0, "there is no such file")
		return
	}
	content, known, err := h.host.Media().Open(r.Context(), envelope.Media{Blob: blob})
	if err != nil {
		if e, ok := errors.AsType[*platform.Error](err); ok && e.Code == envelope.CodeNotFound {
			writeError(w, http.StatusNotFound, envelope.CodeNotFound, 0, "this file is not kept any more")
			return
		}
		h.host.Log().Warn("a file could not be read", "error", err)
		writeError(w, http.StatusServiceUnavailable, envelope.CodeUnavailable, time.Second, "the gateway cannot read the file just now")
		return
	}
	defer content.Close()
	body := bufio.NewReaderSize(content, sniffed)
	kind, disposition := "application/octet-stream", "attachment"
	if isImage(body) {
		head, _ := body.Peek(sniffed)
		kind, disposition = http.DetectContentType(head), "inline"
	}
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": cleanFilename(known.Filename)}))
	header.Set("Content-Length", strconv.FormatInt(known.Size, 10))
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "private, max-age=86400, immutable")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(uploadWithin))
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, body) // the visitor has gone: nobody to tell
	}
}
