package tool

import (
	"fmt"
	"os"
)

// Inspect reads the allow-list of a tools directory, and starts nothing. It
// returns the files that may run, and what keeps each of the others from it.
// An error means that no tool loads; it is fs.ErrNotExist if the directory or
// the list is not there.
func Inspect(dir string) (files, problems []string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the tools directory: %w", err)
	}
	defer func() { _ = root.Close() }() // only read from
	allowed, err := readManifest(root)
	if err != nil {
		return nil, nil, err
	}
	var c catalog
	files = c.vetted(root, allowed)
	return files, c.problems, nil
}
