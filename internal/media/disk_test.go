package media

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func newDisk(t *testing.T) (Disk, string) {
	dir := filepath.Join(t.TempDir(), "media")
	return NewDisk(dir), dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever can put links into the folder does not get files outside of it
// served, written or removed.
func TestDiskLinksLeadNowhere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shard", "file", "content", aboutName, newDir} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk, dir := newDisk(t)
			id := NewID()
			must(t, commit(t, disk, id, "inside"))
			outside := filepath.Join(t.TempDir(), "outside")
			at := map[string]string{
				"shard": shard(id), "file": place(id), "content": filepath.Join(place(id), contentName),
				aboutName: filepath.Join(place(id), aboutName), newDir: newDir,
			}[name]
			must(t, os.Rename(filepath.Join(dir, at), outside))
			must(t, os.Symlink(outside, filepath.Join(dir, at)))
			if _, content, err := disk.Open(t.Context(), id); err == nil && name != newDir {
				content.Close()
				t.Error("a file outside is served")
			}
			if draft, err := disk.Create(t.Context()); err == nil {
				draft.Discard()
				if name == newDir {
					t.Error("a draft lies outside")
				}
			}
			before := tree(t, outside)
			_, _ = disk.Sweep(t.Context(), time.Now().Add(day)) // it may fail
			_ = commitOver(t, disk, id, "x", timeAfterAll)      // it may fail
			if after := tree(t, outside); before != after {
				t.Errorf("outside there was %s, and now %s", before, after)
			}
		})
	}
}

// tree lists what lies at a path.
func tree(t *testing.T, path string) string {
	t.Helper()
	var all []string
	must(t, filepath.Walk(path, func(at string, _ os.FileInfo, err error) error {
		all = append(all, strings.TrimPrefix(at, path))
		return err
	}))
	return strings.Join(all, " ")
}

func TestDiskModes(t *testing.T) {
	t.Parallel()
	disk, dir := newDisk(t)
	must(t, commit(t, disk, NewID(), "#!/bin/sh\n"))
	must(t, filepath.Walk(dir, func(at string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 || !info.IsDir() && info.Mode().Perm()&0o111 != 0 {
			t.Errorf("%s has mode %v", at, info.Mode())
		}
		return err
	}))
}

// A process died while it wrote, and one while it removed: neither is seen,
// and both are swept.
func TestDiskLeftovers(t *testing.T) {
	t.Parallel()
	disk, dir := newDisk(t)
	id := NewID()
	must(t, commit(t, disk, id, "whole"))
	half := filepath.Join(dir, newDir, "HALF")
	must(t, os.MkdirAll(half, 0o700))
	must(t, os.WriteFile(filepath.Join(half, contentName), []byte("hal"), 0o600))
	fresh := filepath.Join(dir, newDir, "FRESH")
	must(t, os.MkdirAll(fresh, 0o700))
	old := time.Now().Add(-2 * draftLife)
	must(t, os.Chtimes(half, old, old))
	stray := filepath.Join(dir, shard(id), "stray")
	must(t, os.WriteFile(stray, nil, 0o600))
	must(t, os.Chtimes(stray, old, old))
	if n, err := disk.Sweep(t.Context(), time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Fatalf("Sweep: %d, %v", n, err)
	}
	for path, there := range map[string]bool{half: false, fresh: true, stray: true} {
		if _, err := os.Stat(path); (err == nil) != there {
			t.Errorf("%s: %v, want it there: %v", path, err, there)
		}
	}
	if got := contentOf(t, disk, id); got != "whole" {
		t.Errorf("the file is %q", got)
	}
}

// A file that is put in an expired one's place, while that is looked at to be
// removed, stays.
func TestDiskRemovesOnlyWhatItLookedAt(t *testing.T) {
	t.Parallel()
	disk, dir := newDisk(t)
	id := NewID()
	must(t, commit(t, disk, id, "old"))
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()
	looks := 0
	other := NewDisk(dir) // as another process has it
	removed, err := remove(root, disk.moving, place(id), func(string) (bool, error) {
		if looks++; looks == 1 {
			return true, commitOver(t, other, id, "new", timeAfterAll)
		}
		return false, nil
	})
	if got := contentOf(t, disk, id); removed || err != nil || looks != 2 || got != "new" {
		t.Errorf("removed %v, %v after %d looks; there is %q", removed, err, looks, got)
	}
}

func TestDiskSaysWhatIsBroken(t *testing.T) {
	t.Parallel()
	disk, dir := newDisk(t)
	id, other := NewID(), NewID()
	must(t, commit(t, disk, id, "x"))
	about := filepath.Join(dir, place(id), aboutName)
	for _, text := range []string{"", "{", `{"id":"` + other + `"}`} {
		must(t, os.WriteFile(about, []byte(text), 0o600))
		if _, _, err := disk.Open(t.Context(), id); err == nil || errors.Is(err, errAbsent) {
			t.Errorf("%q in %s: %v", text, aboutName, err)
		}
	}
}

func TestDiskThatIsNone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	disk := NewDisk(file)
	if _, err := disk.Create(t.Context()); err == nil {
		t.Error("a draft in a file")
	}
	if says, err := disk.Probe(t.Context()); err == nil {
		t.Errorf("Probe: %s", says)
	}
}
