package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/internal/suggest"
)

// setting is one key that a group of the config may hold.
type setting struct {
	key      string // dotted, from its group: delivery.lease
	into     any    // *string, *bool, *int, *time.Duration, *Secret, *[]string or *list
	help     string
	rule     rule // nil = any value of the type
	required bool
	inline   bool // a Secret that may also be written as itself
}

// rule says what is wrong with a value that was read into a setting, or nil.
type rule func(into any) error

// list is a setting that holds a list of groups.
type list struct {
	// item makes a new item and returns its settings; keep adds it to the
	// config once they are read. whole says that nothing was wrong and no
	// secret left out: keep then tells what is wrong with the item as one. peek
	// shows the item's scalars beforehand, because a platform's kind decides
	// what else it may hold.
	item func(peek func(key string) string) (settings []setting, keep func(whole bool) *keyError, err *keyError)

	common []setting // what every item has, for the docs
}

// keyError is an error about one key of an item, or with key "" about all of it.
type keyError struct{ key, message string }

// forms returns the keys that the setting may have in the file.
func (s setting) forms() []string {
	if _, secret := s.into.(*Secret); !secret {
		return []string{s.key}
	}
	named := []string{s.key + "_env", s.key + "_file"}
	if s.inline {
		return append([]string{s.key}, named...)
	}
	return named
}

func oneOf(words ...string) rule {
	expected := "expected " + strings.Join(words, ", ")
	check := func(word string) error {
		if !slices.Contains(words, word) {
			return fmt.Errorf("is %q, %s%s", word, expected, suggest.DidYouMean(word, words))
		}
		return nil
	}
	return func(into any) error {
		switch v := into.(type) {
		case *string:
			return check(*v)
		case *[]string:
			for _, word := range *v {
				if err := check(word); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

func atLeast[T int | time.Duration](least T) rule {
	return func(into any) error {
		if v, ok := into.(*T); ok && *v < least {
			return fmt.Errorf("is %v, expected at least %v", *v, least)
		}
		return nil
	}
}

func notEmpty(into any) error {
	if v, ok := into.(*string); ok && *v == "" {
		return errors.New("is empty")
	}
	return nil
}
