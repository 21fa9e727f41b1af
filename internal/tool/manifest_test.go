//go:build unix

package tool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func rootOf(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func TestReadManifest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{"allow": ["a", "b.py"]}`: {"a", "b.py"},
		` {"allow":[]} `:           {},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, ManifestName), text)
		got, err := readManifest(rootOf(t, dir))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestAManifestOfAnotherFormLoadsNothing(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                             "form",
		`[]`:                           "form",
		`["a"]`:                        "form",
		`{}`:                           `"allow" is missing`,
		`null`:                         `"allow" is missing`,
		`{"allow": null}`:              `"allow" is missing`,
		`{"allow": "a"}`:               "form",
		`{"allow": [1]}`:               "form",
		`{"allow": ["a"]} {}`:          "something follows",
		`{"allow": ["a"], "deny": []}`: `unknown field "deny"`,
		`{"alow": ["a"]}`:              `did you mean "allow"?`,
		`{"allow": ["a"`:               "form",
		strings.Repeat(" ", maxManifest) + `{"allow": ["a"]}`: "bytes",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, ManifestName), text)
		got, err := readManifest(rootOf(t, dir))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `write {"allow": [`) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%.40s: %v, %v; want an error with %q, the place and the cure", text, got, err, want)
		}
	}
	if _, err := readManifest(rootOf(t, t.TempDir())); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("without the file: %v", err)
	}
}

func TestInspectSaysWhatMayRunAndStartsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, _, err := Inspect(filepath.Join(dir, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without the directory: %v", err)
	}
	write(t, filepath.Join(dir, ManifestName), `{"allow": ["runs", "gone"]}`)
	started := filepath.Join(dir, "started")
	if err := os.WriteFile(filepath.Join(dir, "runs"), []byte("#!/bin/sh\n: > "+started+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	files, problems, err := Inspect(dir)
	if err != nil || len(files) != 1 || files[0] != "runs" || len(problems) != 1 || !strings.Contains(problems[0], `"gone" is not there`) {
		t.Errorf("%v, %v, %v", files, problems, err)
	}
	if _, err := os.Stat(started); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was started: %v", err)
	}
}

func TestVet(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	script := filepath.Join(outside, "script")
	if err := os.WriteFile(script, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(path string) error{
		"good":    func(path string) error { return os.Link(script, path) },
		"inside":  func(path string) error { return os.Symlink("good", path) },
		"outside": func(path string) error { return os.Symlink(script, path) },
		"plain":   func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"dir":     func(path string) error { return os.Mkdir(path, 0o700) },
		"src":     func(path string) error { return os.MkdirAll(filepath.Join(path, "unbuilt"), 0o700) },
	} {
		if err := make(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	root := rootOf(t, dir)
	for name, want := range map[string]string{
		"good":     "",
		"inside":   "",
		"outside":  "escapes",
		"plain":    "chmod +x",
		"dir":      "is a directory",
		"absent":   "is not there",
		"unbuilt":  "go build -o",
		"":         "no plain file name",
		".":        "no plain file name",
		"..":       "no plain file name",
		"../good":  "no plain file name",
		"dir/good": "no plain file name",
		script:     "no plain file name",
		`dir\good`: "no plain file name",
		"good\x00": "no plain file name",
	} {
		err := vet(root, name)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("vet(%q) = %v, want %q", name, err, want)
		}
	}
}

// Whatever an allow-list names, what passes is an executable file in the
// directory itself.
func FuzzVet(f *testing.F) {
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "good"), nil, 0o700); err != nil {
		f.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = root.Close() })
	for _, name := range []string{"good", "../good", "/bin/sh", "./good", ""} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if err := vet(root, name); err == nil && name != "good" {
			t.Errorf("vet(%q) passes", name)
		}
	})
}
