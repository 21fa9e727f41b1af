package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

func TestCheckTriesTheMediaStore(t *testing.T) {
	t.Parallel()
	s := newShell(t, redistest.Start(t))
	const hook = "platforms: [{ name: hook, kind: webhook, url: 'http://127.0.0.1:9/' }]\n"
	s.write(hook)
	dir := filepath.Join(filepath.Dir(s.config), "media")
	if out := s.must("check"); !strings.Contains(out, "ok   media: files are kept in "+dir+", which is made when the first file comes") ||
		!strings.Contains(out, "set http.public_url") {
		t.Errorf("no folder yet:\n%s", out)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("check made the folder")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.write(hook + "http: { public_url: 'https://chat.example.com' }\n")
	if out := s.must("check"); !strings.Contains(out, "which can be written to") || strings.Contains(out, "set http.public_url") {
		t.Errorf("a folder:\n%s", out)
	}
	for _, wrongly := range []string{
		"media: { dir: postern.yaml }\n",
		"media: { s3: { endpoint: 'http://127.0.0.1:1', bucket: blobs, region: eu, access_key_env: HUSH, secret_key_env: HUSH } }\n",
	} {
		s.environ = append(s.environ, "HUSH=hunter-two-42")
		s.write(hook + wrongly)
		if r := s.run("check"); r.code != ExitFailed || !strings.Contains(r.out, "bad  media: ") || strings.Contains(r.out, "hunter-two-42") {
			t.Errorf("%s: exit %d:\n%s", wrongly, r.code, r.out)
		}
	}
}
