package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/tool"
)

type checkCommand struct {
	JSON bool `name:"json" help:"Print JSON, one finding a line."`
}

// verdict is how grave a finding is.
type verdict string

const (
	right    verdict = "ok"
	doubtful verdict = "warn" // works, and the promise is weaker than it could be
	wrong    verdict = "bad"
)

// finding is one line of what is right and wrong.
type finding struct {
	Verdict verdict `json:"verdict"`
	About   string  `json:"about"`
	Says    string  `json:"says"`
	Do      string  `json:"do,omitempty"`
}

// String is the finding's line for a person.
func (f finding) String() string {
	s := fmt.Sprintf("%-4s %s: %s", f.Verdict, f.About, f.Says)
	if f.Do != "" {
		s += "; " + f.Do
	}
	return s
}

func (c *checkCommand) Run(a *app) error {
	bad := false
	for _, f := range a.findings() {
		bad = bad || f.Verdict == wrong
		if !c.JSON {
			fmt.Fprintln(a.Stdout, f)
		} else if err := a.printJSON(f); err != nil {
			return err
		}
	}
	if bad {
		return errReported
	}
	return nil
}

// findings looks at the config first: what it names is looked at only if it
// could be read.
func (a *app) findings() []finding {
	cfg, warnings, err := config.Load(a.configPath, a.Environ, a.Kinds)
	var found []finding
	for _, w := range warnings {
		found = append(found, finding{Verdict: doubtful, About: "config", Says: w.String()})
	}
	var problems config.Errors
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			found = append(found, finding{Verdict: wrong, About: "config", Says: p.String()})
		}
		return found
	case err != nil:
		return append(found, finding{Verdict: wrong, About: "config", Says: err.Error()})
	}
	found = append(found, finding{Verdict: right, About: "config", Says: fmt.Sprintf("%s, platforms: %s", cfg.Path, orDash(strings.Join(platformNames(cfg), ", ")))})
	found = append(found, a.checkRedis(cfg)...)
	found = append(found, a.checkPlatforms(cfg)...)
	return append(found, checkTools(cfg))
}

func (a *app) checkRedis(cfg *config.Config) []finding {
	if cfg.Redis.URL.Reveal() == config.Embedded {
		return []finding{{doubtful, "redis", "embedded: in memory, nothing survives this process", "name a server in redis.url for more than trying out"}}
	}
	unreachable := func(err error) []finding {
		return []finding{{wrong, "redis", err.Error(), "is it running, and is redis.url its address?"}}
	}
	b, err := bus.Open(bus.Options{URL: cfg.Redis.URL.Reveal()})
	if err != nil {
		return unreachable(err)
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	ctx, cancel := context.WithTimeout(a.ctx, 5*time.Second)
	defer cancel()
	facts, err := b.Examine(ctx)
	if err != nil {
		return unreachable(err)
	}
	found := make([]finding, len(facts))
	for i, f := range facts {
		found[i] = finding{weigh(f), "redis " + f.What, f.Says, f.Cure}
	}
	return found
}

// weigh says how grave a fact about Redis is. Persistence and replicas are a
// choice, which weakens the promise; an eviction breaks it.
func weigh(f bus.Finding) verdict {
	switch {
	case f.OK:
		return right
	case f.Refuses, f.What == "eviction":
		return wrong
	}
	return doubtful
}

// checkPlatforms builds every adapter, which checks its settings. It connects
// to none.
func (a *app) checkPlatforms(cfg *config.Config) []finding {
	var found []finding
	for _, p := range cfg.Platforms {
		about := "platform " + p.Name
		for _, kind := range a.Kinds {
			if kind.Name != p.Kind {
				continue
			}
			if _, err := kind.New(p.Settings()); err != nil {
				found = append(found, finding{wrong, about, err.Error(), "correct it in " + cfg.Path})
			} else {
				found = append(found, finding{Verdict: right, About: about, Says: p.Kind + ", its settings can be used"})
			}
		}
	}
	return found
}

func checkTools(cfg *config.Config) finding {
	manifest := filepath.Join(cfg.Tools.Dir, tool.ManifestName)
	_, err := os.Stat(manifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{right, "tools", "none: there is no " + manifest, "write one to allow tools"}
	case err != nil:
		return finding{wrong, "tools", err.Error(), "no tool loads until it can be read"}
	}
	return finding{Verdict: right, About: "tools", Says: manifest + " is there; \"postern tools list\" tries it"}
}
