package command

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/bus"
)

// redisAway says what is wrong when the Redis at an address cannot be used, and
// what to do. The server's own words follow; they bear no password.
func redisAway(err error, address string) (says, do string) {
	text := err.Error()
	do = bus.Cure(err)
	var answer redis.Error
	switch {
	case strings.Contains(text, "WRONGPASS"):
		return "redis refuses the user name or password: " + text, do
	case strings.Contains(text, "NOAUTH"):
		return "redis wants a password, and got none: " + text, do
	case strings.Contains(text, "NOPERM"):
		return "redis does not allow this user what Postern needs: " + text, do
	case do != "" && errors.As(err, &answer):
		return "redis refuses: " + text, do
	}
	if do == "" {
		do = "is it running, and is redis.url its address?"
		if strings.HasPrefix(address, "rediss:") {
			do = "is it running, is redis.url its address, and does that port speak TLS? Without, it is redis://"
		} else if errors.Is(err, io.EOF) {
			do = "does that port want TLS? Then it is rediss://"
		}
	}
	if !strings.HasPrefix(text, "redis does not answer") {
		text = "redis does not answer: " + text
	}
	return text, do
}

// errRedisAway is the same as one error.
func errRedisAway(err error, address string) error {
	says, do := redisAway(err, address)
	return fmt.Errorf("%s: %s", says, do)
}
