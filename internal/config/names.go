package config

import (
	"fmt"
	"regexp"

	"github.com/posternhq/postern/envelope"
)

var reservedSuffix = regexp.MustCompile(`:[0-9]+$`)

// redisName is the rule for names and prefixes in Redis.
func redisName(into any) error {
	switch v := into.(type) {
	case *string:
		return checkRedisName(*v)
	case *[]string:
		for _, name := range *v {
			if err := checkRedisName(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkRedisName(name string) error {
	if err := envelope.CheckName(name); err != nil {
		return err
	}
	if reservedSuffix.MatchString(name) {
		return fmt.Errorf("is %q: names that end in :<number> are reserved, choose another ending", name)
	}
	return nil
}
