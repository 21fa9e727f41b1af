// Package mutation breaks our own program in eight named ways, each of them a
// mistake that others have made, and has the history checker find every one.
// A checker that finds nothing in a broken program proves nothing of a whole
// one.
//
// A mutation is an exact replacement in our source, built with go build
// -overlay: a test fails when the text it replaces is no longer there. Each is
// played in a scene that holds still at the moment that matters, and the
// program as it is comes out of the same scene without a fault.
package mutation

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/posternhq/postern/test/harness"
)

// root is the module's folder, seen from here.
const root = "../../.."

// edit replaces a text that stands in a file once.
type edit struct{ file, old, new string }

// source is our source under some edits; none is the source as it is.
type source []edit

// read is a file under the edits.
func (s source) read(file string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return "", err
	}
	out := string(text)
	for _, e := range s {
		if e.file != file {
			continue
		}
		if n := strings.Count(out, e.old); n != 1 {
			return "", fmt.Errorf("%s has %d times, where once is expected:\n%s", file, n, e.old)
		}
		out = strings.Replace(out, e.old, e.new, 1)
	}
	return out, nil
}

// overlay writes the edited files into dir, and the list of them that go build's
// -overlay reads.
func (s source) overlay(dir string) (list string, err error) {
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	for i, e := range s {
		text, err := s.read(e.file)
		if err != nil {
			return "", err
		}
		from, err := filepath.Abs(filepath.Join(root, e.file))
		if err != nil {
			return "", err
		}
		to := filepath.Join(dir, fmt.Sprintf("%d-%s", i, filepath.Base(e.file)))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[from] = to
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	list = filepath.Join(dir, "overlay.json")
	return list, os.WriteFile(list, text, 0o600)
}

// build compiles the fault gateway of this source into dir.
func (s source) build(dir string) (program string, err error) {
	list, err := s.overlay(dir)
	if err != nil {
		return "", err
	}
	program = filepath.Join(dir, "gateway")
	cmd := exec.Command("go", "build", "-overlay", list, "-o", program, "github.com/posternhq/postern/test/fault/gateway")
	cmd.Env = append(os.Environ(), harness.GoEnv...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return program, nil
}
