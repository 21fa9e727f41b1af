// Package console is the platform that is one terminal, for trying things out:
// what arrives is printed, and what is typed is published.
//
// encode renders an operation into text, print writes it; input reads lines,
// typed says what a line means. docs/console.md shows it in use.
package console

import (
	"io"
	"os"
	"os/user"

	"github.com/posternhq/postern/platform"
)

// Terminal is where an adapter prints and reads.
type Terminal struct {
	In  io.Reader
	Out io.Writer

	// AtEOF, if set, is called once, when In has ended and every line of it
	// was handed on. The reading goroutine calls it as its last act.
	AtEOF func()
}

// Stdio is the process's own terminal.
func Stdio() Terminal { return Terminal{In: os.Stdin, Out: os.Stdout} }

// Kind is the manifest of the console platform on a terminal.
func Kind(t Terminal) platform.Kind {
	return platform.Kind{
		Name:   "console",
		Help:   "this process's terminal: prints what arrives, publishes each line that is typed; for trying things out",
		Groups: "all",
		Single: "there is one terminal, and both would read from it",
		Fields: []platform.Field{
			{
				Name: "channel", Type: platform.FieldString, Default: "lobby",
				Help: "the channel_id that lines are typed in, until /channel changes it",
			},
			{
				Name: "user", Type: platform.FieldString,
				Help: "the user_id of who types; default: the operating system's user",
			},
		},
		New: func(s platform.Settings) (platform.Adapter, error) { return New(s, t), nil },
	}
}

// osUser is who runs this process, or "user" where the system does not tell.
func osUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "user"
}
