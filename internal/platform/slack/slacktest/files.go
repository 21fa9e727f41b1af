package slacktest

import (
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// storedFile is one that was uploaded, by the app or by somebody.
type storedFile struct {
	id, name, title, kind string
	data                  []byte
	uploaded              bool
	shares                map[string][]string // ids of messages, by channel
	late                  int
}

// uploadURL is files.getUploadURLExternal.
func (s *Server) uploadURL(args values) (values, *refusal) {
	switch {
	case args.text("filename") == "":
		return nil, no("missing_filename")
	case args.number("length") <= 0:
		return nil, no("missing_length")
	}
	s.serial++
	f := &storedFile{id: "F0" + strconv.Itoa(s.serial), name: args.text("filename"), shares: map[string][]string{}, late: s.shareLag}
	s.files[f.id] = f
	return values{"upload_url": s.http.URL + "/upload/" + f.id, "file_id": f.id}, nil
}

// serveUpload takes a file's bytes.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request, id string) {
	data, err := uploaded(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if err != nil || f == nil || r.Method != http.MethodPost {
		http.Error(w, "no such upload", http.StatusNotFound)
		return
	}
	f.data, f.uploaded = data, true
	f.kind = http.DetectContentType(data)
	_, _ = io.WriteString(w, "OK - "+strconv.Itoa(len(data)))
}

// uploaded are the bytes of an upload: as they are, or in a form.
func uploaded(r *http.Request) ([]byte, error) {
	kind, about, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return io.ReadAll(r.Body)
	}
	part, err := multipart.NewReader(r.Body, about["boundary"]).NextPart()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(part)
}

// completeUpload is files.completeUploadExternal: the files are shared in one
// message, which bears no metadata.
func (s *Server) completeUpload(args values) (values, *refusal) {
	var ids []string
	var objects []any
	for _, one := range args.list("files") {
		m, _ := one.(map[string]any)
		f := s.files[values(m).text("id")]
		if f == nil || !f.uploaded {
			return nil, no("file_not_found")
		}
		if f.title = values(m).text("title"); f.title == "" {
			f.title = f.name
		}
		ids = append(ids, f.id)
	}
	if len(ids) == 0 {
		return nil, no("invalid_arguments")
	}
	channel := args.text("channel_id")
	if channel != "" {
		c, refused := s.place(channel)
		if refused != nil {
			return nil, refused
		}
		thread := args.text("thread_ts")
		if thread != "" && c.find(thread) == nil {
			return nil, no("thread_not_found")
		}
		m := &Message{TS: s.nextTS(), User: BotUID, BotID: BotID, Files: ids, Thread: thread, Subtype: "file_share", Reactions: map[string][]string{}, late: s.showLag}
		if m.Text = args.text("initial_comment"); m.Text == "" && len(args.list("blocks")) > 0 {
			if why := checkBlock(args.list("blocks")[0]); why != "" {
				return nil, no("invalid_blocks")
			}
			m.Blocks = copied(args["blocks"])
			if s.unmarked {
				m.Blocks.([]any)[0].(map[string]any)["block_id"] = "xYz"
			}
		}
		for _, id := range ids {
			s.files[id].shares[c.ID] = append(s.files[id].shares[c.ID], m.TS)
		}
		s.add(c, m)
		s.see("files.completeUploadExternal", c.ID, thread, m.TS, m.Shown())
	}
	for _, id := range ids {
		objects = append(objects, values{"id": id, "title": s.files[id].title})
	}
	return values{"files": objects}, nil
}

func (s *Server) fileInfo(args values) (values, *refusal) {
	f := s.files[args.text("file")]
	if f == nil {
		return nil, no("file_not_found")
	}
	v := s.fileObject(f)
	if f.late > 0 {
		f.late--
		return values{"file": v}, nil
	}
	public, private := values{}, values{}
	for channel, ids := range f.shares {
		var in []any
		for _, ts := range ids {
			in = append(in, values{"ts": ts})
		}
		if s.channels[channel].Private {
			private[channel] = in
		} else {
			public[channel] = in
		}
	}
	v["shares"] = values{"public": public, "private": private}
	return values{"file": v}, nil
}

func (s *Server) fileObject(f *storedFile) values {
	address := s.http.URL + "/files/" + f.id + "/download/" + f.name
	return values{
		"id": f.id, "name": f.name, "title": f.title, "mimetype": f.kind, "size": len(f.data), "mode": "hosted",
		"url_private": address, "url_private_download": address, "permalink": "https://test.slack.com/files/" + f.id,
	}
}

// serveFile gives a file to whoever has the token and may read files; others are
// led to a page to sign in at.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	id := strings.Split(strings.TrimPrefix(r.URL.Path, "/files/"), "/")[0]
	f := s.files[id]
	may := r.Header.Get("Authorization") == "Bearer "+Token && slices.Contains(s.scopes, "files:read")
	held := s.held
	if may && f != nil {
		s.fetched++
	}
	s.mu.Unlock()
	if held != nil {
		s.arrived <- struct{}{}
		select {
		case <-held:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case !may:
		http.Redirect(w, r, "https://test.slack.com/?redir=%2Ffiles", http.StatusFound)
	case f == nil:
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", f.kind)
		_, _ = w.Write(f.data)
	}
}

// HoldFiles has nobody be given a file until letGo is called; Arrived gets one
// value for each that is asked for meanwhile.
func (s *Server) HoldFiles() (letGo func()) {
	held := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = held
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held = nil
		close(held)
	})
}

// Fetched counts how often a file was asked for by who may have it.
func (s *Server) Fetched() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetched
}

// File is what was uploaded under an id.
func (s *Server) File(id string) (name string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if f == nil {
		return "", nil
	}
	return path.Base(f.name), f.data
}

// Upload keeps a file that somebody will send, and returns its id.
func (s *Server) Upload(name, kind string, data []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	f := &storedFile{id: "F0" + strconv.Itoa(s.serial), name: name, title: name, kind: kind, data: data, uploaded: true, shares: map[string][]string{}}
	s.files[f.id] = f
	return f.id
}
