package mutation

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/test/fault/history"
)

// all has every mutation built and played; without it, the first is, and the
// others are only held to our source: a build and a scene take up to half a
// minute on a loaded machine.
var all = flag.Bool("mutations.all", false, "play every mutation, not only the first, and take every answer to a pitfall away")

// TestMutationsFit: what each mutation replaces stands in our source, once.
func TestMutationsFit(t *testing.T) {
	t.Parallel()
	for _, m := range mutations() {
		for _, e := range m.edits {
			if _, err := m.edits.read(e.file); err != nil {
				t.Errorf("%s: %v", m.name, err)
			}
		}
	}
}

// TestMutations: the checker finds each mutation, and nothing in the program as
// it is under the same scene.
func TestMutations(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "postern-mutations-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	whole, err := source(nil).build(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range mutations() {
		if i > 0 && !*all {
			break
		}
		t.Run(m.name, func(t *testing.T) {
			clean := newStage(t, whole, m.policy, nil)
			m.scene(clean)
			if r := clean.judge(); len(r.Broken) > 0 {
				t.Fatalf("the program as it is:\n%v", r.Broken[0])
			}
			broken, err := m.edits.build(filepath.Join(t.TempDir()))
			if err != nil {
				t.Fatal(err)
			}
			s := newStage(t, broken, m.policy, m.edits)
			m.scene(s)
			r := s.judge()
			at := slices.IndexFunc(r.Broken, func(v history.Violation) bool { return v.Promise == m.finds })
			if at < 0 {
				t.Fatalf("not found: %s; found %v; %+v", m.finds, r.Broken, r.Tally)
			}
			t.Logf("found:\n%s", strings.TrimSpace(r.Broken[at].String()))
		})
	}
}
