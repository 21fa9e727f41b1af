package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/tool"
	"github.com/posternhq/postern/platform"
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
	found, configured := a.findings()
	bad := false
	for _, f := range found {
		bad = bad || f.Verdict == wrong
		if !c.JSON {
			fmt.Fprintln(a.Stdout, f)
		} else if err := a.printJSON(f); err != nil {
			return err
		}
	}
	switch {
	case !configured:
		return errMisconfigured
	case bad:
		return errReported
	}
	return nil
}

// findings looks at the config first: what it names is looked at only if it
// could be read, which configured tells.
func (a *app) findings() (found []finding, configured bool) {
	cfg, warnings, err := config.Load(a.configPath, a.Environ, a.Kinds)
	for _, w := range warnings {
		found = append(found, finding{Verdict: doubtful, About: "config", Says: w.String()})
	}
	var problems config.Errors
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			found = append(found, finding{Verdict: wrong, About: "config", Says: p.String()})
		}
		return found, false
	case err != nil:
		return append(found, finding{Verdict: wrong, About: "config", Says: err.Error()}), false
	}
	found = append(found, finding{Verdict: right, About: "config", Says: fmt.Sprintf("%s, platforms: %s", cfg.Path, orDash(strings.Join(platformNames(cfg), ", ")))})
	found = append(found, a.checkRedis(cfg)...)
	found = append(found, a.checkPlatforms(cfg)...)
	found = append(found, a.checkMedia(cfg)...)
	return append(found, checkTools(cfg.Tools)...), true
}

func (a *app) checkRedis(cfg *config.Config) []finding {
	if cfg.Redis.URL.Reveal() == config.Embedded {
		return []finding{{doubtful, "redis", "embedded: in memory, nothing survives this process", "name a server in redis.url for more than trying out"}}
	}
	unreachable := func(err error) []finding {
		says, do := redisAway(err, cfg.Redis.URL.Reveal())
		return []finding{{wrong, "redis", says, do}}
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

// checkPlatforms tells of each platform what its kind has left to say: its
// settings were tried when the config was read. One that can say whether it
// would work is asked, and knows which of its secrets it can do without; of
// another each that is not given is told.
func (a *app) checkPlatforms(cfg *config.Config) []finding {
	var found []finding
	for _, p := range cfg.Platforms {
		about := "platform " + p.Name
		found = append(found, finding{Verdict: right, About: about, Says: p.Kind + ", its settings can be used"})
		i := slices.IndexFunc(a.Kinds, func(k platform.Kind) bool { return k.Name == p.Kind })
		if i < 0 {
			continue
		}
		if cmp.Or(p.Groups, a.Kinds[i].Groups, "mention") == "mention" {
			found = append(found, finding{right, about, "where several people talk, only what is meant for it is taken in", "set groups: all to take in everything"})
		}
		adapter, err := a.Kinds[i].New(p.Settings())
		if err != nil {
			continue // the config's errors say it
		}
		if checker, ok := adapter.(platform.Checker); ok {
			found = append(found, a.ask(checker, about)...)
			continue
		}
		for _, f := range a.Kinds[i].Fields {
			if secret, ok := p.Values[f.Name].(config.Secret); ok && secret.Reveal() == "" {
				found = append(found, finding{doubtful, about, "goes without a " + f.Name + ", which " + f.Help, "name one with " + f.Name + "_env or " + f.Name + "_file"})
			}
		}
	}
	return found
}

// ask asks a platform's adapter whether it would work.
func (a *app) ask(checker platform.Checker, about string) (found []finding) {
	ctx, cancel := context.WithTimeout(a.ctx, 10*time.Second)
	defer cancel()
	for _, f := range checker.Check(ctx) {
		found = append(found, finding{[...]verdict{right, doubtful, wrong}[f.Verdict], about, f.Says, f.Do})
	}
	return found
}

// checkTools reads the allow-list and starts nothing.
func checkTools(tools config.Tools) []finding {
	files, problems, err := tool.Inspect(tools.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !tools.Given:
		return []finding{{right, "tools", "none: there is no " + filepath.Join(tools.Dir, tool.ManifestName), "write one to allow tools"}}
	case errors.Is(err, fs.ErrNotExist):
		return []finding{{doubtful, "tools", "none loads: " + err.Error(), "correct tools.dir, or leave it out"}}
	case err != nil:
		return []finding{{wrong, "tools", err.Error(), ""}}
	}
	found := []finding{{Verdict: right, About: "tools", Says: "allowed: " + orDash(strings.Join(files, ", ")) + "; \"postern tools list\" tries them"}}
	for _, p := range problems {
		found = append(found, finding{wrong, "tools", p, "it does not load until that is mended"})
	}
	return found
}
