package sdk

import (
	"os"
	"path/filepath"
	"testing"
)

// The recipe of one conversation at a time is one text in all SDKs: workers in
// different languages share their conversations by it.
func TestTheRecipeIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	const scripts = 4
	original := filepath.Join(root, "worker", "lock")
	for _, copied := range []string{filepath.Join("python", "postern", "lock"), filepath.Join("typescript", "lock")} {
		folder := filepath.Join(root, "sdk", copied)
		files, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != scripts {
			t.Errorf("%s has %d files, expected %d", folder, len(files), scripts)
		}
		for _, f := range files {
			want, err := os.ReadFile(filepath.Join(original, f.Name()))
			if err != nil {
				t.Errorf("%s is in %s and not in %s", f.Name(), folder, original)
				continue
			}
			if got, err := os.ReadFile(filepath.Join(folder, f.Name())); err != nil || string(got) != string(want) {
				t.Errorf("%s differs from %s (%v): copy it", filepath.Join(folder, f.Name()), original, err)
			}
		}
	}
}
