package bus

import (
	"errors"
	"fmt"
	"strings"
)

// ErrFenced says that the lease's token is not ours: somebody else is active,
// or nobody. Nothing was changed.
var ErrFenced = errors.New("fenced: the lease is not ours")

// ErrNoGroup says that the stream or its consumer group is gone.
var ErrNoGroup = errors.New("no such stream or consumer group")

// classify gives Redis' error replies a name that errors.Is knows. The text
// is kept.
func classify(err error) error {
	switch text := err.Error(); {
	case strings.HasPrefix(text, "FENCED"):
		return ErrFenced
	case strings.HasPrefix(text, "NOGROUP"), strings.Contains(text, "NOGROUP No such key"):
		return fmt.Errorf("%w: %w", ErrNoGroup, err)
	default:
		return err
	}
}
