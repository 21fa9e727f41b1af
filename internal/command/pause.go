package command

import "fmt"

type pauseCommand struct {
	Platform string `arg:"" help:"The platform."`
}

type resumeCommand struct {
	Platform string `arg:"" help:"The platform."`
}

func (c *pauseCommand) Run(a *app) error  { return a.setPaused(c.Platform, true) }
func (c *resumeCommand) Run(a *app) error { return a.setPaused(c.Platform, false) }

func (a *app) setPaused(name string, paused bool) error {
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
	state := "resumed"
	if paused {
		state = "paused: what is published waits for \"postern resume " + name + "\""
	}
	_, err = fmt.Fprintf(a.Stdout, "%s is %s\n", name, state)
	return err
}
