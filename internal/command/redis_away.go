package command

import (
	"fmt"
	"strings"
)

// redisAway says what is wrong when Redis cannot be used, and what to do. The
// server's own words follow; they bear no password.
func redisAway(err error) (says, do string) {
	text := err.Error()
	switch {
	case strings.Contains(text, "WRONGPASS"):
		return "redis refuses the user name or password: " + text, "mend them in redis.url, or in the variable that redis.url_env names"
	case strings.Contains(text, "NOAUTH"):
		return "redis wants a password, and got none: " + text, "put it into redis.url as redis://:PASSWORD@host:6379/0, or name a variable that has it in redis.url_env"
	case strings.Contains(text, "NOPERM"):
		return "redis does not allow this user what Postern needs: " + text, "give the user all commands on the keys of wire.namespace"
	case strings.HasPrefix(text, "redis does not answer"):
		return text, "is it running, and is redis.url its address?"
	}
	return "redis does not answer: " + text, "is it running, and is redis.url its address?"
}

// errRedisAway is the same as one error.
func errRedisAway(err error) error {
	says, do := redisAway(err)
	return fmt.Errorf("%s: %s", says, do)
}
