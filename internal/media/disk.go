package media

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"sync"
	"time"
)

// Disk is a folder. A file is a folder of its own in it, by the first two
// characters of its id:
//
//	new/<random>/        a draft
//	ab/<id>/content      the bytes
//	ab/<id>/about.json   what is known of them
//
// A draft becomes a file by one rename of its folder, which fails if the
// file's is there: so the first of several wins, whole. All paths go through
// an os.Root: no name and no link leads out of the folder.
type Disk struct {
	dir    string
	moving *sync.Mutex // held from the look at an old file until it is aside
}

var _ Backend = Disk{}

const (
	newDir      = "new"
	contentName = "content"
	aboutName   = "about.json"
	draftLife   = 24 * time.Hour // no draft is written for so long
	dirMode     = 0o700
	fileMode    = 0o600 // never executable
)

// NewDisk keeps files in dir, which is made when the first one comes.
func NewDisk(dir string) Disk { return Disk{dir, new(sync.Mutex)} }

func shard(id string) string { return id[:2] }

func place(id string) string { return path.Join(shard(id), id) }

// Create implements Backend.
func (d Disk) Create(context.Context) (Draft, error) {
	if err := os.MkdirAll(d.dir, dirMode); err != nil {
		return nil, fmt.Errorf("making the media folder: %w", err)
	}
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return nil, fmt.Errorf("opening the media folder: %w", err)
	}
	draft := &diskDraft{root: root, moving: d.moving, dir: path.Join(newDir, rand.Text())}
	if err := draft.open(); err != nil {
		draft.Discard()
		return nil, fmt.Errorf("beginning a file: %w", err)
	}
	return draft, nil
}

type diskDraft struct {
	root   *os.Root
	moving *sync.Mutex
	dir    string
	file   *os.File // nil once it is closed
}

func (d *diskDraft) open() (err error) {
	if err := d.root.MkdirAll(d.dir, dirMode); err != nil {
		return err
	}
	d.file, err = d.root.OpenFile(path.Join(d.dir, contentName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	return err
}

func (d *diskDraft) Write(p []byte) (int, error) { return d.file.Write(p) }

// Commit makes the draft durable, then renames it.
func (d *diskDraft) Commit(_ context.Context, about About, expired time.Time) error {
	if d.file != nil {
		file := d.file
		d.file = nil
		if err := errors.Join(file.Sync(), file.Close()); err != nil {
			return fmt.Errorf("writing a file: %w", err)
		}
	}
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	if err := d.write(path.Join(d.dir, aboutName), text); err != nil {
		return fmt.Errorf("writing what is known of a file: %w", err)
	}
	for {
		err := d.rename(about.ID)
		if err == nil {
			return nil
		}
		if _, absent := d.root.Lstat(place(about.ID)); absent != nil {
			if errors.Is(err, fs.ErrExist) {
				continue // another writer has set it aside meanwhile
			}
			return fmt.Errorf("putting a file in its place: %w", err)
		}
		removed, err := remove(d.root, d.moving, place(about.ID), keptBefore(d.root, about.ID, expired))
		if err != nil {
			return err
		}
		if !removed {
			return errTaken
		}
	}
}

// keptBefore tells whether a folder has a file that was kept before a time, or
// half a file, which nobody can open.
func keptBefore(root *os.Root, id string, expired time.Time) func(dir string) (bool, error) {
	return func(dir string) (bool, error) {
		about, content, err := openIn(root, dir, id)
		if errors.Is(err, errAbsent) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		return about.Kept.Before(expired), content.Close()
	}
}

func (d *diskDraft) write(name string, text []byte) error {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func (d *diskDraft) rename(id string) error {
	err := d.root.Mkdir(shard(id), dirMode)
	if made := err == nil; !made && !errors.Is(err, fs.ErrExist) {
		return err
	} else if made {
		if err := syncDir(d.root, "."); err != nil {
			return err
		}
	}
	if err := syncDir(d.root, d.dir); err != nil {
		return err
	}
	if err := d.root.Rename(d.dir, place(id)); err != nil {
		return err
	}
	return syncDir(d.root, shard(id))
}

// syncDir makes the names in a folder durable.
func syncDir(root *os.Root, name string) error {
	if runtime.GOOS == "windows" { // which has no such thing
		return nil
	}
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Discard removes the draft's folder, which is not there after a Commit.
func (d *diskDraft) Discard() {
	if d.file != nil {
		_ = d.file.Close() // it is thrown away
	}
	_ = d.root.RemoveAll(d.dir) // what is left over is swept
	_ = d.root.Close()
}

// Open implements Backend.
func (d Disk) Open(_ context.Context, id string) (About, io.ReadSeekCloser, error) {
	root, err := os.OpenRoot(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return About{}, nil, errAbsent
	}
	if err != nil {
		return About{}, nil, fmt.Errorf("opening the media folder: %w", err)
	}
	defer root.Close() //nolint:errcheck // a file opened in it stays open
	return openIn(root, place(id), id)
}

func openIn(root *os.Root, dir, id string) (About, io.ReadSeekCloser, error) {
	text, err := root.ReadFile(path.Join(dir, aboutName))
	if errors.Is(err, fs.ErrNotExist) {
		return About{}, nil, errAbsent
	}
	var about About
	if err == nil {
		err = json.Unmarshal(text, &about)
	}
	if err == nil && about.ID != id {
		err = errors.New("it is about another file")
	}
	if err != nil {
		return About{}, nil, fmt.Errorf("reading what is known of a file: %w", err)
	}
	content, err := root.Open(path.Join(dir, contentName))
	if errors.Is(err, fs.ErrNotExist) {
		return About{}, nil, errAbsent // it is being removed
	}
	if err != nil {
		return About{}, nil, fmt.Errorf("opening a file: %w", err)
	}
	return about, content, nil
}

// Close implements Backend.
func (Disk) Close() {}
