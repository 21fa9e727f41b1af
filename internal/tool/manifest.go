package tool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/posternhq/postern/internal/suggest"
)

// ManifestName is the allow-list's file name in the tools directory.
const ManifestName = "_manifest.json"

// missingManifest says that there is no allow-list.
type missingManifest struct{}

func (missingManifest) Error() string        { return "is missing" }
func (missingManifest) Is(target error) bool { return target == fs.ErrNotExist }

const maxManifest = 1 << 20 // bytes

// readManifest returns the file names that the allow-list names. Any error
// means that no tool may load.
func readManifest(root *os.Root) ([]string, error) {
	names, err := parseManifest(root)
	if err != nil {
		return nil, fmt.Errorf(`%s: %w; no tool loads without it: write {"allow": ["FILE", ...]} there, naming the files in that directory that may run as tools`,
			filepath.Join(root.Name(), ManifestName), err)
	}
	return names, nil
}

func parseManifest(root *os.Root) ([]string, error) {
	f, err := root.Open(ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missingManifest{}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if len(text) > maxManifest {
		return nil, fmt.Errorf("is over %d bytes", maxManifest)
	}
	allowed, err := allowedIn(text)
	if err != nil {
		return nil, fmt.Errorf("does not have the expected form: %w", err)
	}
	return allowed, nil
}

// allowedIn reads {"allow": [...]}. It is strict: a word that is not
// understood may have been meant to keep something out.
func allowedIn(text []byte) ([]string, error) {
	var whole any
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&whole); err != nil {
		return nil, errors.New("it is not JSON")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the object")
	}
	manifest, ok := whole.(map[string]any)
	if whole != nil && !ok {
		return nil, errors.New("it is JSON, but no object")
	}
	for key := range manifest {
		if key != "allow" {
			return nil, fmt.Errorf("unknown field %q%s", key, suggest.DidYouMean(key, []string{"allow"}))
		}
	}
	if manifest["allow"] == nil {
		return nil, errors.New(`"allow" is missing`)
	}
	items, ok := manifest["allow"].([]any)
	if !ok {
		return nil, errors.New(`"allow" is not a list`)
	}
	allowed := make([]string, len(items))
	for i, item := range items {
		if allowed[i], ok = item.(string); !ok {
			return nil, fmt.Errorf(`item %d of "allow" is not a string`, i+1)
		}
	}
	return allowed, nil
}

// vet says why a file that the allow-list names cannot be a tool, or nil. It
// goes through root, which follows no link out of the directory.
func vet(root *os.Root, name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
		return errors.New("is no plain file name: only files in the tools directory itself may run")
	}
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("is not there" + howToBuild(root, name))
	case err != nil:
		return fmt.Errorf("cannot be looked at: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("is a %s, expected a regular file", describe(info.Mode()))
	case info.Mode().Perm()&0o111 == 0:
		return errors.New("is not executable: chmod +x it")
	}
	return nil
}

// howToBuild names the command for a tool whose source lies beside it, in
// src/<name>, as the samples' do.
func howToBuild(root *os.Root, name string) string {
	source := "src/" + name
	if info, err := root.Stat(source); err != nil || !info.IsDir() {
		return ""
	}
	return fmt.Sprintf(": build it with go build -o %s ./%s", filepath.Join(root.Name(), name), filepath.Join(root.Name(), source))
}

func describe(mode fs.FileMode) string {
	if mode.IsDir() {
		return "directory"
	}
	return "special file (" + mode.Type().String() + ")"
}
