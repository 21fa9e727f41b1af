package docs

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/child"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/test/harness"
)

// machine is what a page's reader sits at: a Redis on its usual port, a free
// port 8080, postern on the PATH, and a clone of the repository to stand in.
// As a test may take no fixed port, each of these lies elsewhere, and what the
// page says of them is rewritten on the way into the shell.
type machine struct {
	clone string
	env   []string
	ports *strings.Replacer
}

// root is the repository, from here.
const root = "../.."

// usual are the ports that the docs speak of.
var usual = []string{"6379", "8080", "8081", "9000"}

func newMachine(t testing.TB, bin string) *machine {
	t.Helper()
	redis := redistest.Start(t)
	_, redisPort, _ := net.SplitHostPort(redis.Addr)
	shims := t.TempDir()
	shim(t, shims, "redis-cli", redisPort)
	var pairs []string
	for _, port := range usual {
		mine := redisPort
		if port != "6379" {
			mine = freePort(t)
		}
		for _, host := range []string{"127.0.0.1:", "localhost:"} {
			pairs = append(pairs, host+port, "127.0.0.1:"+mine)
		}
	}
	m := &machine{clone: filepath.Join(t.TempDir(), "postern"), ports: strings.NewReplacer(pairs...)}
	copyTree(t, m.clone)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "POSTERN_") && !strings.HasPrefix(kv, "PATH=") {
			m.env = append(m.env, kv)
		}
	}
	m.env = append(m.env, harness.GoEnv...)
	m.env = append(m.env,
		"PATH="+strings.Join([]string{shims, bin, "/usr/bin", os.Getenv("PATH")}, ":"), // Debian's python3 before others
		"POSTERN_REDIS_URL="+redis.URL(), "POSTERN_HTTP_LISTEN="+m.ports.Replace("127.0.0.1:8080"),
	)
	return m
}

// demo is the one command with a port of its own that no variable moves.
var demo = regexp.MustCompile(`postern demo\b`)

// typed is a block's text as it is typed at this machine.
func (m *machine) typed(text string) string {
	return m.ports.Replace(demo.ReplaceAllString(text, "postern demo --listen 127.0.0.1:8080"))
}

// shim puts a program on the PATH that speaks to our Redis unless it is told
// otherwise.
func shim(t testing.TB, dir, name, port string) {
	t.Helper()
	real, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not on PATH: run make test, it installs what is needed", name)
	}
	script := fmt.Sprintf("#!/bin/sh\nexec %s -p %s \"$@\"\n", real, port)
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
}

// copyTree makes a clone of the working tree as it is, with what git does not
// know yet and without what it ignores.
func copyTree(t testing.TB, to string) {
	t.Helper()
	out, err := exec.Command("git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		path := filepath.Join(to, name)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o700)
		}
		if err == nil {
			err = os.WriteFile(path, data, 0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	port, err := child.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}
