package media

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"
)

// remove removes a file's folder if it is old. It is moved among the drafts
// first, so that it is never seen half removed.
func remove(root *os.Root, moving *sync.Mutex, name string, old func(dir string) (bool, error)) (removed bool, err error) {
	aside := path.Join(newDir, rand.Text())
	moving.Lock()
	removed, err = setAside(root, name, aside, old)
	moving.Unlock()
	if removed {
		err = root.RemoveAll(aside)
	}
	if err != nil {
		err = fmt.Errorf("removing a file: %w", err)
	}
	return removed, err
}

// setAside looks at the file again once it is aside: another process may have
// put a new one in its place meanwhile, which is put back.
func setAside(root *os.Root, name, aside string, old func(dir string) (bool, error)) (bool, error) {
	if is, err := old(name); err != nil || !is {
		return false, err
	}
	if err := root.MkdirAll(newDir, dirMode); err != nil {
		return false, err
	}
	err := root.Rename(name, aside)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil // by another process
	}
	if err != nil {
		return false, err
	}
	if is, err := old(aside); err != nil || !is {
		return false, errors.Join(err, root.Rename(aside, name))
	}
	return true, nil
}

// writtenBefore tells whether a folder's file was written before a time, by the
// clock of the disk.
func writtenBefore(root *os.Root, before time.Time) func(dir string) (bool, error) {
	return func(dir string) (bool, error) {
		info, err := root.Lstat(path.Join(dir, aboutName))
		if err != nil {
			info, err = root.Lstat(dir)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil && info.ModTime().Before(before), err
	}
}

// Sweep implements Backend. It goes on after a file that cannot be removed.
func (d Disk) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	root, err := os.OpenRoot(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("opening the media folder: %w", err)
	}
	defer root.Close() //nolint:errcheck // nothing is left in it
	shards, err := fs.ReadDir(root.FS(), ".")
	for _, s := range shards {
		if ctx.Err() != nil {
			return removed, ctx.Err()
		}
		if !s.IsDir() || len(s.Name()) != 2 && s.Name() != newDir {
			continue // not ours
		}
		n, fault := sweepShard(root, d.moving, s.Name(), before)
		removed, err = removed+n, errors.Join(err, fault)
	}
	return removed, err
}

func sweepShard(root *os.Root, moving *sync.Mutex, name string, before time.Time) (removed int, err error) {
	entries, err := fs.ReadDir(root.FS(), name)
	drafts := name == newDir
	if drafts {
		before = time.Now().Add(-draftLife) // by the clock that files are stamped with
	}
	for _, e := range entries {
		if !drafts && (!ValidID(e.Name()) || shard(e.Name()) != name) {
			continue // not ours
		}
		at := path.Join(name, e.Name())
		if drafts {
			err = errors.Join(err, sweepDraft(root, at, before))
			continue
		}
		gone, fault := remove(root, moving, at, writtenBefore(root, before))
		if err = errors.Join(err, fault); gone {
			removed++
		}
	}
	return removed, err
}

func sweepDraft(root *os.Root, at string, before time.Time) error {
	info, err := root.Lstat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.ModTime().Before(before):
		return root.RemoveAll(at)
	}
	return nil
}

// Probe implements Backend.
func (d Disk) Probe(ctx context.Context) (string, error) {
	info, err := os.Stat(d.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d.dir + ", which is made when the first file comes", nil
	case err != nil:
		return "", fmt.Errorf("the media folder cannot be looked at: %w", err)
	case !info.IsDir():
		return "", fmt.Errorf("%s is not a folder", d.dir)
	}
	draft, err := d.Create(ctx)
	if err != nil {
		return "", err
	}
	defer draft.Discard()
	if _, err := draft.Write([]byte("probe")); err != nil {
		return "", fmt.Errorf("writing to the media folder: %w", err)
	}
	return d.dir + ", which can be written to", nil
}
