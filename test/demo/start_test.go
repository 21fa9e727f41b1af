package demo

import (
	"bytes"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/child"
)

const (
	startWithin = 20 * time.Second // on two cores that many share; by itself it is half a second
	buildWithin = 4 * time.Minute  // go run compiles and links first
	stopWithin  = 10 * time.Second
)

// demo is a running "postern demo".
type demo struct {
	t       *testing.T
	process *child.Process
	out     *screen
	page    *url.URL // of the lobby
	redis   string   // the printed command line
	home    string
}

// start starts one on a free port, with temporary files in a directory of its
// own, and waits until it has said where it is.
func start(t *testing.T, args ...string) *demo {
	t.Helper()
	cmd := exec.Command(program.Path(), append([]string{"demo", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "PATH="} // nothing to find but itself
	return begin(t, cmd, t.TempDir(), startWithin)
}

func begin(t *testing.T, cmd *exec.Cmd, dir string, within time.Duration) *demo {
	t.Helper()
	d := &demo{t: t, out: &screen{more: make(chan struct{})}}
	cmd.Stdout, cmd.Stderr = d.out, d.out
	cmd.Dir = dir
	process, err := child.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	d.process = process
	t.Cleanup(func() {
		process.Kill()
		if t.Failed() {
			t.Logf("the demo's output:\n%s", d.out)
		}
	})
	address := d.printsWithin(within, regexp.MustCompile(`http://\S+`))[0]
	d.redis = d.prints(regexp.MustCompile(`redis-cli .*`))[0]
	d.home = d.prints(regexp.MustCompile(`are in (\S+)\n`))[1]
	if d.page, err = url.Parse(address); err != nil {
		t.Fatal(err)
	}
	return d
}

// prints waits for something on the terminal.
func (d *demo) prints(what *regexp.Regexp) []string {
	d.t.Helper()
	return d.printsWithin(startWithin, what)
}

func (d *demo) printsWithin(within time.Duration, what *regexp.Regexp) []string {
	d.t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		text, more := d.out.now()
		if found := what.FindStringSubmatch(text); found != nil {
			return found
		}
		select {
		case <-more:
		case <-d.process.Gone():
			d.t.Fatalf("the demo has ended, with status %d; it never printed %v", d.process.ExitCode(), what)
		case <-late.C:
			d.t.Fatalf("the demo does not print %v", what)
		}
	}
}

// url is the address of a path.
func (d *demo) url(path string) string { return "http://" + d.page.Host + path }

// client is a client of the demo's Redis, as the printed line has it.
func (d *demo) client() *redis.Client {
	d.t.Helper()
	found := regexp.MustCompile(`-p (\d+)`).FindStringSubmatch(d.redis)
	if found == nil {
		d.t.Fatalf("no port in %q", d.redis)
	}
	client := redis.NewClient(&redis.Options{Addr: net.JoinHostPort("127.0.0.1", found[1])})
	d.t.Cleanup(func() { _ = client.Close() })
	return client
}

// pull pulls the plug, and reports what was answered.
func (d *demo) pull(headers map[string]string) int {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url("/demo/plug"), nil)
	if err != nil {
		d.t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// fromPage is what the page sends along.
func fromPage(d *demo) map[string]string {
	return map[string]string{"X-Postern-Demo": "plug", "Origin": "http://" + d.page.Host, "Sec-Fetch-Site": "same-origin"}
}

// end sends a signal and waits for the end.
func (d *demo) end(sig syscall.Signal) (status int) {
	d.t.Helper()
	if err := d.process.Signal(sig); err != nil {
		d.t.Fatal(err)
	}
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case <-d.process.Gone():
	case <-late.C:
		d.t.Fatalf("the demo runs on after %v", sig)
	}
	return d.process.ExitCode()
}

// left are the files that the demo has not removed.
func (d *demo) left() []string {
	d.t.Helper()
	left, err := filepath.Glob(d.home + "*")
	if err != nil || !strings.Contains(d.home, "postern-demo-") {
		d.t.Fatal(d.home, err)
	}
	return left
}

// screen is a terminal that a test reads.
type screen struct {
	mutex sync.Mutex
	text  bytes.Buffer
	more  chan struct{}
}

func (s *screen) Write(b []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	close(s.more)
	s.more = make(chan struct{})
	return s.text.Write(b)
}

func (s *screen) now() (string, <-chan struct{}) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String(), s.more
}

func (s *screen) String() string { text, _ := s.now(); return text }
