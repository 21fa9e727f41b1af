package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
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
	switch {
	case name == "":
		return errors.New("is empty")
	case strings.ContainsAny(name, "{}"):
		return fmt.Errorf("is %q: { and } are kept for Cluster hash tags, choose a name without them", name)
	case reservedSuffix.MatchString(name):
		return fmt.Errorf("is %q: names that end in :<number> are reserved, choose another ending", name)
	}
	return nil
}
