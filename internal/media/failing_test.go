package media

import (
	"context"
	"errors"
	"io"
	"time"
)

// failing is a backend whose every call fails, with a secret in the error.
type failing struct{}

var errBroken = errors.New("open /" + hush + ": no space left on device")

func (failing) Create(context.Context) (Draft, error) { return nil, errBroken }
func (failing) Open(context.Context, string) (About, io.ReadSeekCloser, error) {
	return About{}, nil, errBroken
}
func (failing) Delete(context.Context, string) error          { return errBroken }
func (failing) Sweep(context.Context, time.Time) (int, error) { return 0, errBroken }
func (failing) Probe(context.Context) (string, error)         { return "", errBroken }
func (failing) Close()                                        {}
