package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// maxSecret is more than any token or key has, in bytes.
const maxSecret = 64 << 10

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)

// secretSource is where secrets are.
type secretSource struct {
	variables map[string]string
	dir       string // that relative file names start from
	skip      bool   // leave them empty, found or not
}

func (s secretSource) variable(name string) (Secret, error) {
	if !variableName.MatchString(name) {
		return Secret{}, errors.New("is not the name of a variable; write the name here, and the secret in the variable")
	}
	if s.skip {
		return Secret{}, nil
	}
	value, ok := s.variables[name]
	if !ok {
		return Secret{}, fmt.Errorf("the variable %s is not set: export it before the start", name)
	}
	if value == "" {
		return Secret{}, fmt.Errorf("the variable %s is empty", name)
	}
	return NewSecret(value), nil
}

func (s secretSource) file(name string) (Secret, error) {
	if name == "" {
		return Secret{}, errors.New("names no file")
	}
	if s.skip {
		return Secret{}, nil
	}
	path := resolve(s.dir, name)
	f, err := os.Open(path)
	if err != nil {
		return Secret{}, fmt.Errorf("the secret cannot be read: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return Secret{}, fmt.Errorf("the secret cannot be read: %w", err)
	}
	value := strings.TrimRight(string(data), "\r\n")
	switch {
	case len(data) > maxSecret:
		return Secret{}, fmt.Errorf("%s is longer than %d bytes: not a secret", path, maxSecret)
	case value == "":
		return Secret{}, fmt.Errorf("%s is empty", path)
	}
	return NewSecret(value), nil
}

// resolve reads a path relative to the config's directory.
func resolve(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
