package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestRelease makes the archive of this system as make release does, and has
// what is in it run.
func TestRelease(t *testing.T) {
	t.Parallel()
	dist := t.TempDir()
	run := func(dir, name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "DIST="+dist, "TARGETS="+runtime.GOOS+"/"+runtime.GOARCH)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run(root, "make", "release")
	run(dist, "sha256sum", "--check", "--strict", "SHA256SUMS")
	archives, err := filepath.Glob(filepath.Join(dist, "postern_*.tar.gz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("archives: %v, %v", archives, err)
	}
	run(dist, "tar", "-xzf", archives[0])
	folder := strings.TrimSuffix(archives[0], ".tar.gz")
	for _, name := range []string{"postern", "postern.service", "README.md", "LICENSE", "CHANGELOG.md"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Errorf("the archive lacks %s", name)
		}
	}
	if version := strings.TrimSpace(run(dist, filepath.Join(folder, "postern"), "--version")); version == "" || version == "(devel)" {
		t.Errorf("the released program says that its version is %q", version)
	}
}
