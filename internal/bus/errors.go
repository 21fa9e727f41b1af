package bus

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
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

// passing are how the error replies begin that pass by themselves: Redis loads,
// fails over, moves slots, is busy or full, or has not been told the password,
// which holds up every call alike.
var passing = []string{
	"LOADING", "READONLY", "UNBLOCKED", "CLUSTERDOWN", "MASTERDOWN", "MOVED", "ASK", "TRYAGAIN",
	"OOM", "BUSY", "NOREPLICAS", "NOSCRIPT", "MISCONF", "NOAUTH", "WRONGPASS", "ERR max number of clients reached",
}

// refused reports whether Redis answered, and its answer will be the same next
// time: a key that holds something else, say.
func refused(err error) bool {
	var answer redis.Error
	if !errors.As(err, &answer) {
		return false
	}
	text := answer.Error() + " "
	return !slices.ContainsFunc(passing, func(p string) bool { return strings.HasPrefix(text, p+" ") })
}
