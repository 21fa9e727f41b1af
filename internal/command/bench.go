package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/posternhq/postern/internal/bench"
)

type benchCommand struct {
	Redis    string   `placeholder:"URL" help:"A Redis that may be loaded, as redis.url; it is cleaned up. Without one, redis-server is started."`
	Only     []string `placeholder:"WHAT" help:"What to measure: drain, sizes, lanes, platforms, kinds, latency, inbound, rpc, memory, start. Without it, all."`
	Runs     int      `default:"3" placeholder:"N" help:"Runs of each figure (${default})."`
	Messages int      `default:"40000" placeholder:"N" help:"Messages of a usual run (${default}); other loads follow in proportion, down to 100. Few only try it out."`
	Quick    bool     `help:"A few figures in under three minutes."`
	JSON     bool     `name:"json" help:"Print JSON."`
	Against  string   `placeholder:"FILE" help:"An earlier --json: say which figures have moved by more than their noise."`
}

func (c *benchCommand) Run(a *app) error {
	if c.Runs < 1 {
		return usagef("--runs %d: at least one run", c.Runs)
	}
	if c.Messages < 1 {
		return usagef("--messages %d: at least one message", c.Messages)
	}
	for _, what := range c.Only {
		if !slices.Contains(bench.Groups(), what) {
			return usagef("--only %s: expected one of %s", what, strings.Join(bench.Groups(), ", "))
		}
	}
	var before *bench.Report
	if c.Against != "" {
		data, err := os.ReadFile(c.Against)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return usagef("--against %s: there is no such file", c.Against)
			}
			return err
		}
		before = &bench.Report{}
		if err := json.Unmarshal(data, before); err != nil {
			return fmt.Errorf("--against %s: not what postern bench --json prints: %w", c.Against, err)
		}
	}
	frugal(a.Environ) // as a node is
	report, err := bench.Run(a.ctx, bench.Plan{
		URL: c.Redis, Only: c.Only, Runs: c.Runs, Quick: c.Quick, Messages: c.Messages,
		Say: func(what string) { fmt.Fprintln(a.Stderr, what) },
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return report.WriteJSON(a.Stdout)
	}
	if err := report.WriteMarkdown(a.Stdout); err != nil || before == nil {
		return err
	}
	return report.WriteMoved(a.Stdout, before)
}
