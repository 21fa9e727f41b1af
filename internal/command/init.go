package command

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

//go:embed init.yaml
var initial []byte

type initCommand struct {
	Force bool `help:"Overwrite what is there."`
}

func (c *initCommand) Run(a *app) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if c.Force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(a.configPath, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; --force overwrites it", a.configPath)
	}
	if err != nil {
		return fmt.Errorf("writing the config: %w", err)
	}
	if _, err := f.Write(initial); err != nil {
		return errors.Join(fmt.Errorf("writing the config: %w", err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing the config: %w", err)
	}
	_, err = fmt.Fprintf(a.Stdout, "wrote %s; look it over, then: postern check && postern serve\n", a.configPath)
	return err
}
