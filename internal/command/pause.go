package command

import "fmt"

type pauseCommand struct{ pauseFlags }

type resumeCommand struct{ pauseFlags }

type pauseFlags struct {
	Platform string `arg:"" help:"The platform."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (c *pauseCommand) Run(a *app) error  { return a.setPaused(c.pauseFlags, true) }
func (c *resumeCommand) Run(a *app) error { return a.setPaused(c.pauseFlags, false) }

func (a *app) setPaused(c pauseFlags, paused bool) error {
	name := c.Platform
	cfg, b, err := a.connect()
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	s, err := a.stream(cfg, b, name)
	if err != nil {
		return err
	}
	if err := s.SetPaused(a.ctx, cfg.Names().Platform(name), paused); err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(map[string]any{"platform": name, "paused": paused})
	}
	state := "resumed"
	if paused {
		state = "paused: what is published waits for \"postern resume " + name + "\""
	}
	_, err = fmt.Fprintf(a.Stdout, "%s is %s\n", name, state)
	return err
}
