package tool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// parallelStarts bounds how many tool files are started at the same time.
const parallelStarts = 4

// catalog is what one build found: every tool's server, by the tool's name.
// It never changes; its servers do.
type catalog struct {
	byName   map[string]*server
	servers  []*server
	problems []string // what did not load, and why; a line each
}

// names returns the tools' names, sorted.
func (c *catalog) names() []string { return slices.Sorted(maps.Keys(c.byName)) }

// buildCatalog starts every allowed file and learns its tools. It fails if
// the allow-list cannot be used, or if nothing that it names could be loaded;
// what fails among others becomes a problem. After an error nothing is left
// running, and nothing is once life has ended and close has returned. c is
// never nil.
func buildCatalog(life context.Context, cfg Config) (c *catalog, err error) {
	c = &catalog{byName: map[string]*server{}}
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return c, fmt.Errorf("opening the tools directory: %w; no tool loads without it: make it, and write the allow-list %s there", err, filepath.Join(cfg.Dir, ManifestName))
	}
	defer func() { _ = root.Close() }() // only read from
	allowed, err := readManifest(root)
	if err != nil {
		return c, err
	}
	sessions := c.start(life, cfg, c.vetted(root, allowed))
	if life.Err() != nil {
		closeSessions(sessions)
		return c, context.Cause(life)
	}
	c.assign(life, cfg, sessions)
	if len(c.servers) == 0 && len(c.problems) > 0 {
		return c, fmt.Errorf("no tool of %s loaded: %s", filepath.Join(cfg.Dir, ManifestName), strings.Join(c.problems, "; "))
	}
	return c, nil
}

func (c *catalog) problem(file string, err error) {
	c.problems = append(c.problems, fmt.Sprintf("%q %v", file, err))
}

// vetted returns the allowed files that may be started, each once.
func (c *catalog) vetted(root *os.Root, allowed []string) []string {
	var files []string
	for _, name := range allowed {
		err := vet(root, name)
		if err == nil && slices.Contains(files, name) {
			err = errors.New("is in the allow-list twice")
		}
		if err != nil {
			c.problem(name, err)
			continue
		}
		files = append(files, name)
	}
	return files
}

// start starts the files, a few at a time.
func (c *catalog) start(ctx context.Context, cfg Config, files []string) map[string]*session {
	started, failed := make([]*session, len(files)), make([]error, len(files))
	var group errgroup.Group
	group.SetLimit(parallelStarts)
	for i, file := range files {
		group.Go(func() error {
			started[i], failed[i] = startSession(ctx, cfg, file)
			return nil
		})
	}
	_ = group.Wait() // failed has the errors, one for each file

	sessions := map[string]*session{}
	for i, file := range files {
		if failed[i] != nil {
			c.problem(file, fmt.Errorf("does not start as an MCP server: %w", failed[i]))
			continue
		}
		sessions[file] = started[i]
		for _, fault := range started[i].faults {
			c.problem(file, fault)
		}
	}
	return sessions
}

// assign gives each tool to the server that offers it. A name that is offered
// twice belongs to nobody: which of the two ran would be luck.
func (c *catalog) assign(life context.Context, cfg Config, sessions map[string]*session) {
	offers := map[string][]string{} // files, by tool
	for _, file := range slices.Sorted(maps.Keys(sessions)) {
		for _, t := range sessions[file].tools {
			offers[t.Name] = append(offers[t.Name], file)
		}
	}
	servers := map[string]*server{}
	for file, s := range sessions {
		servers[file] = newServer(life, cfg, file, s)
	}
	for _, name := range slices.Sorted(maps.Keys(offers)) {
		files := offers[name]
		if len(files) == 1 {
			c.byName[name] = servers[files[0]]
			continue
		}
		c.problems = append(c.problems, fmt.Sprintf("tool %q is offered by %s: it loads from none of them, rename all but one", name, strings.Join(files, " and ")))
		for _, file := range files {
			delete(servers[file].tools, name)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(servers)) {
		if s := servers[file]; len(s.tools) > 0 {
			c.servers = append(c.servers, s)
			continue
		}
		if len(sessions[file].tools) == 0 && len(sessions[file].faults) == 0 {
			c.problem(file, errors.New("offers no tool"))
		}
		servers[file].close()
	}
}

func closeSessions(sessions map[string]*session) {
	for _, s := range sessions {
		s.close(errClosed)
	}
}

// close ends all servers at the same time, and waits.
func (c *catalog) close() {
	var group errgroup.Group
	for _, s := range c.servers {
		group.Go(func() error { s.close(); return nil })
	}
	_ = group.Wait() // none fails
}
