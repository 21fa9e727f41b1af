package command

import (
	"fmt"
	"strings"

	"github.com/posternhq/postern/internal/bus"
)

// redisAway says what is wrong when Redis cannot be used, and what to do. The
// server's own words follow; they bear no password.
func redisAway(err error) (says, do string) {
	text := err.Error()
	do = bus.Cure(err)
	switch {
	case strings.Contains(text, "WRONGPASS"):
		return "redis refuses the user name or password: " + text, do
	case strings.Contains(text, "NOAUTH"):
		return "redis wants a password, and got none: " + text, do
	case strings.Contains(text, "NOPERM"):
		return "redis does not allow this user what Postern needs: " + text, do
	}
	if do == "" {
		do = "is it running, and is redis.url its address?"
	}
	if !strings.HasPrefix(text, "redis does not answer") {
		text = "redis does not answer: " + text
	}
	return text, do
}

// errRedisAway is the same as one error.
func errRedisAway(err error) error {
	says, do := redisAway(err)
	return fmt.Errorf("%s: %s", says, do)
}
