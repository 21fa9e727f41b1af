package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/tool"
)

// toolsCommands use the config's tools directly: no Redis and no node is
// needed to try a tool.
type toolsCommands struct {
	List toolsList `cmd:"" help:"List the tools, and what did not load."`
	Run  toolsRun  `cmd:"" help:"Execute one tool here."`
}

type toolsList struct {
	JSON bool `name:"json" help:"Print JSON, one tool a line."`
}

type toolsRun struct {
	Name      string        `arg:"" help:"The tool."`
	Arguments string        `arg:"" optional:"" help:"Its arguments as a JSON object."`
	Timeout   time.Duration `default:"1m" help:"The longest that it may take (${default})."`
	JSON      bool          `name:"json" help:"Print the result on one line."`
}

// withTools opens the registry, uses it and ends every process it started.
func (a *app) withTools(log func(config.Log) *slog.Logger, timeout time.Duration, use func(*tool.Registry) error) (err error) {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	registry := tool.New(tool.Config{Dir: cfg.Tools.Dir, Log: log(cfg.Log), Timeout: timeout})
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, registry.Close(ctx))
	}()
	return use(registry)
}

// silent is for a command that tells by itself what the registry would log.
func silent(config.Log) *slog.Logger { return slog.New(slog.DiscardHandler) }

func (c *toolsList) Run(a *app) error {
	return a.withTools(silent, 0, func(r *tool.Registry) error {
		tools, err := r.List(a.ctx)
		if err != nil {
			return err
		}
		for _, t := range tools {
			if c.JSON {
				if err := a.printJSON(t); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(a.Stdout, "%s  (%s)  %s\n", t.Name, t.Server, oneLine(t.Description))
		}
		problems := r.Problems()
		for _, p := range problems {
			fmt.Fprintln(a.Stderr, "not loaded:", p)
		}
		if len(problems) > 0 {
			return errReported
		}
		return nil
	})
}

func (c *toolsRun) Run(a *app) error {
	arguments := map[string]any{}
	if c.Arguments != "" {
		decoder := json.NewDecoder(strings.NewReader(c.Arguments))
		if err := decoder.Decode(&arguments); err != nil || arguments == nil {
			return usagef("the arguments are not a JSON object such as {\"name\": \"value\"}")
		}
	}
	return a.withTools(a.logger, c.Timeout, func(r *tool.Registry) error {
		result, fault := r.Execute(a.ctx, c.Name, arguments, "")
		if fault != nil {
			return fmt.Errorf("%w%s\n  %s", fault, inField(fault.Field, fault.Error()), cure(fault.Code))
		}
		if c.JSON {
			return a.printJSON(result)
		}
		data, err := json.MarshalIndent(result, "", "  ")
		if err != nil {
			return fmt.Errorf("printing: %w", err)
		}
		_, err = fmt.Fprintln(a.Stdout, string(data))
		return err
	})
}
