package media

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"
)

// Delete moves the file's folder among the drafts first, so that it is never
// seen half removed.
func (d Disk) Delete(_ context.Context, id string) error {
	root, err := os.OpenRoot(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening the media folder: %w", err)
	}
	defer root.Close() //nolint:errcheck // nothing is left in it
	return remove(root, place(id))
}

func remove(root *os.Root, name string) error {
	if err := root.MkdirAll(newDir, dirMode); err != nil {
		return fmt.Errorf("removing a file: %w", err)
	}
	aside := path.Join(newDir, rand.Text())
	err := root.Rename(name, aside)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = root.RemoveAll(aside)
	}
	if err != nil {
		return fmt.Errorf("removing a file: %w", err)
	}
	return nil
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
		n, fault := sweepShard(root, s.Name(), before)
		removed, err = removed+n, errors.Join(err, fault)
	}
	return removed, err
}

func sweepShard(root *os.Root, name string, before time.Time) (removed int, err error) {
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
		info, fault := root.Lstat(at)
		if about, found := root.Lstat(path.Join(at, aboutName)); found == nil && !drafts {
			info = about
		}
		switch {
		case errors.Is(fault, fs.ErrNotExist):
		case fault != nil:
			err = errors.Join(err, fault)
		case !info.ModTime().Before(before):
		case drafts:
			err = errors.Join(err, root.RemoveAll(at))
		default:
			if fault := remove(root, at); fault != nil {
				err = errors.Join(err, fault)
			} else {
				removed++
			}
		}
	}
	return removed, err
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
