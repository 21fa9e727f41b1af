package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/posternhq/postern/platform"
)

// Load reads and checks the config at path, with the POSTERN_ variables of
// environ ("NAME=value", as os.Environ has them) over it. kinds are the
// platforms that this binary has. An error about what is written is Errors,
// all of them at once; a file that is not there is fs.ErrNotExist.
func Load(path string, environ []string, kinds []platform.Kind) (*Config, []Warning, error) {
	return load(path, environ, kinds, false)
}

// LoadWithoutSecrets is Load for a command that only talks to Redis: no secret
// but redis.url is looked up, so an operator needs no platform's token.
func LoadWithoutSecrets(path string, environ []string, kinds []platform.Kind) (*Config, []Warning, error) {
	return load(path, environ, kinds, true)
}

// Parse is Load for a file already read. Relative paths start from path's
// directory.
func Parse(path string, data []byte, environ []string, kinds []platform.Kind) (*Config, []Warning, error) {
	return parse(path, data, environ, kinds, false)
}

func load(path string, environ []string, kinds []platform.Kind, withoutSecrets bool) (*Config, []Warning, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf(`%s: %w; write one with "postern init", or name yours with --config`, path, fs.ErrNotExist)
	case err != nil:
		return nil, nil, fmt.Errorf("reading the config: %w", err)
	}
	return parse(path, data, environ, kinds, withoutSecrets)
}

func parse(path string, data []byte, environ []string, kinds []platform.Kind, withoutSecrets bool) (*Config, []Warning, error) {
	root, problems := parseYAML(path, data)
	if problems != nil {
		return nil, nil, problems
	}
	c := Default()
	c.Path = path
	variables := variablesIn(environ)
	table := c.settings(byName(kinds))
	warnings := overlay(root, variables, table)

	dir := filepath.Dir(path)
	r := &reader{
		secrets: secretSource{variables: variables, dir: dir, skip: withoutSecrets},
		at:      map[string]Position{},
	}
	for _, s := range table {
		r.known = append(r.known, s.forms()...)
	}
	r.group(root, "", table)
	warnings = append(warnings, r.check(c)...)
	if len(r.problems) > 0 {
		return nil, warnings, r.problems
	}
	_, c.Tools.Given = r.at["tools.dir"]
	c.Tools.Dir = resolve(dir, c.Tools.Dir)
	c.Media.Dir = resolve(dir, c.Media.Dir)
	if c.Node.ID == "" {
		host, err := os.Hostname()
		if err != nil {
			return nil, warnings, fmt.Errorf("node.id is not set, and the host name cannot be read: %w", err)
		}
		c.Node.ID = host
	}
	return c, warnings, nil
}

func variablesIn(environ []string) map[string]string {
	variables := map[string]string{}
	for _, line := range slices.Backward(environ) { // the first of a name counts
		if name, value, ok := strings.Cut(line, "="); ok {
			variables[name] = value
		}
	}
	return variables
}
