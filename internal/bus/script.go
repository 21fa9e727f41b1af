package bus

import (
	"context"
	"embed"
	"fmt"
	"path"
	"strings"

	"github.com/redis/go-redis/v9"
)

//go:embed *.lua
var sources embed.FS

// scripts are the .lua files by name, without the suffix.
type scripts struct{ byName map[string]*redis.Script }

// packed is no script, but part of those that look into claims: it stands in the
// place of a line of theirs.
const packed = "packed"

// loadScripts reads the files.
func loadScripts() *scripts {
	s := &scripts{byName: map[string]*redis.Script{}}
	texts := map[string]string{}
	entries, err := sources.ReadDir(".")
	if err != nil {
		panic(err) // the files are compiled in
	}
	for _, e := range entries {
		text, err := sources.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		texts[strings.TrimSuffix(e.Name(), path.Ext(e.Name()))] = string(text)
	}
	for name, text := range texts {
		if name != packed {
			s.byName[name] = redis.NewScript(strings.Replace(text, "-- include "+packed+"\n", texts[packed], 1))
		}
	}
	return s
}

// run calls a script. ErrFenced, ErrNoGroup and redis.Nil come through
// errors.Is.
func (b *Bus) run(ctx context.Context, name string, keys []string, args ...any) (any, error) {
	v, err := b.scripts.byName[name].Run(ctx, b.client, keys, args...).Result()
	if err != nil {
		return nil, fmt.Errorf("redis script %s: %w", name, classify(err))
	}
	return v, nil
}
