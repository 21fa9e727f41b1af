package webchat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/web"
)

// pages is what is the same for every visitor: the page's files and policy.
type pages struct {
	config config
	policy string
	assets map[string]asset
}

type asset struct {
	content []byte
	kind    string
	etag    string
}

func newPages(c config) (*pages, error) {
	p := &pages{config: c, assets: map[string]asset{}}
	ancestors := strings.Join(append([]string{"'self'"}, c.origins...), " ")
	p.policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
		"frame-ancestors " + ancestors + "; base-uri 'none'; form-action 'none'"
	files := web.FS()
	names, err := fs.Glob(files, "*")
	if err != nil {
		return nil, fmt.Errorf("list the page's files: %w", err)
	}
	for _, name := range names {
		if name == "index.html" {
			continue
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read the page's file %s: %w", name, err)
		}
		sum := sha256.Sum256(content)
		p.assets[name] = asset{content: content, kind: kindOf(name), etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
	}
	return p, nil
}

// kindOf does not ask the system, whose table may be anything.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".html":
		return "text/html; charset=utf-8"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// ServePage serves the page and all that belongs to it.
func (a *Adapter) ServePage(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

	rest, ok := strings.CutPrefix(r.URL.Path, "/chat/"+a.config.name)
	if !ok || rest != "" && rest[0] != '/' {
		writeError(w, http.StatusNotFound, envelope.CodeNotFound, 0, "nothing is here")
		return
	}
	if name, ours := strings.CutPrefix(rest, "/-/"); ours {
		a.serveOurs(w, r, name)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		notAllowed(w, "GET, HEAD")
		return
	}
	a.pages.servePage(w, r, rest)
}

// serveOurs serves what is below /-/.
func (a *Adapter) serveOurs(w http.ResponseWriter, r *http.Request, name string) {
	method := http.MethodPost
	switch {
	case name == "session", name == "files":
	case name == "socket", strings.HasPrefix(name, "file/"):
		method = http.MethodGet
	default:
		a.pages.serveAsset(w, r, name)
		return
	}
	if r.Method != method && !(method == http.MethodGet && r.Method == http.MethodHead) {
		notAllowed(w, method)
		return
	}
	token, isFile := strings.CutPrefix(name, "file/")
	if !isFile && !a.config.sameOrigin(r) {
		writeError(w, http.StatusForbidden, envelope.CodeForbidden, 0,
			"the chat does not take requests from this site; its origin is not among the platform's origins")
		return
	}
	if !isFile && !a.config.byOurName(r) {
		writeError(w, http.StatusForbidden, envelope.CodeForbidden, 0,
			"the chat has no token, so it answers to this machine only, and was called by another name; behind a proxy, set the platform's origins to the public origin, such as https://chat.example.com")
		return
	}
	h := a.hub.Load()
	if h == nil {
		writeError(w, http.StatusServiceUnavailable, envelope.CodeUnavailable, 1e9, "web chat is not open on this node")
		return
	}
	switch {
	case isFile:
		h.serveFile(w, r, token)
	case name == "session":
		h.serveSession(w, r)
	case name == "files":
		h.serveUpload(w, r)
	default:
		h.serveSocket(w, r)
	}
}

// servePage serves the page for one room, which it finds in its own address.
func (p *pages) servePage(w http.ResponseWriter, r *http.Request, rest string) {
	parts := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	if len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	status, message := http.StatusOK, ""
	for i, part := range parts {
		switch {
		case part == "" && len(parts) == 1, part == dm && i == 0:
		case i > 1 || checkPlace(part) != nil:
			status, message = http.StatusNotFound, "no room can have this name"
		case i == 0 && isDM(part):
			status, message = http.StatusForbidden, "this conversation is somebody's own; yours is at dm"
		}
	}
	if status != http.StatusOK {
		code := map[int]envelope.Code{http.StatusNotFound: envelope.CodeNotFound, http.StatusForbidden: envelope.CodeForbidden}[status]
		writeError(w, status, code, 0, message)
		return
	}
	var b bytes.Buffer
	page := web.Page{Root: p.root(rest), Title: p.config.title, Home: p.config.channel, Companion: p.config.companion}
	if err := page.Write(&b); err != nil {
		writeError(w, http.StatusInternalServerError, envelope.CodeInternal, 0, "the page could not be made")
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", p.policy)
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if len(p.config.origins) == 0 {
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // the visitor has gone: nobody to tell
}

// root leads from a page's address to the chat's own.
func (p *pages) root(rest string) string {
	switch depth := strings.Count(rest, "/"); depth {
	case 0:
		return p.config.name + "/"
	case 1:
		return "./"
	default:
		return strings.Repeat("../", depth-1)
	}
}

func (p *pages) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	a, ok := p.assets[name]
	if !ok {
		writeError(w, http.StatusNotFound, envelope.CodeNotFound, 0, "nothing is here")
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		notAllowed(w, "GET, HEAD")
		return
	}
	header := w.Header()
	header.Set("Content-Type", a.kind)
	header.Set("ETag", a.etag)
	header.Set("Cache-Control", "no-cache")
	if name == "embed.js" {
		header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(a.content) // the visitor has gone: nobody to tell
}
