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
type scripts struct{ byName map[string]script }

// script is one of them, and what Redis knows it by.
type script struct{ text, hash string }

// packed is no script, but part of those that look into claims: it stands in the
// place of a line of theirs.
const packed = "packed"

// loadScripts reads the files.
func loadScripts() *scripts {
	s := &scripts{byName: map[string]script{}}
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
			text = strings.Replace(text, "-- include "+packed+"\n", texts[packed], 1)
			s.byName[name] = script{text, redis.NewScript(text).Hash()}
		}
	}
	return s
}

// run calls a script. ErrFenced, ErrNoGroup and redis.Nil come through
// errors.Is.
func (b *Bus) run(ctx context.Context, name string, keys []string, args ...any) (any, error) {
	cmd, err := call(ctx, b, name, keys, args, redis.NewCmd)
	if err != nil {
		return nil, err
	}
	return cmd.Val(), nil
}

// runFlat calls a script that answers a list of texts and numbers, and costs an
// allocation less for each than run does.
func (b *Bus) runFlat(ctx context.Context, name string, keys []string, args ...any) ([]string, error) {
	cmd, err := call(ctx, b, name, keys, args, redis.NewStringSliceCmd)
	if err != nil {
		return nil, err
	}
	return cmd.Val(), nil
}

// call calls a script by what Redis knows it by, or by its text where Redis does
// not. Keys are pointed to, since a string costs a copy of its header as an
// argument.
func call[C redis.Cmder](ctx context.Context, b *Bus, name string, keys []string, args []any, command func(context.Context, ...any) C) (C, error) {
	s := b.scripts.byName[name]
	words := append(make([]any, 0, 3+len(keys)+len(args)), "evalsha", s.hash, len(keys))
	for i := range keys {
		words = append(words, &keys[i])
	}
	words = append(words, args...)
	cmd := command(ctx, words...)
	err := b.client.Process(ctx, cmd)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		words[0], words[1] = "eval", s.text
		cmd = command(ctx, words...)
		err = b.client.Process(ctx, cmd)
	}
	if err != nil {
		return cmd, fmt.Errorf("redis script %s: %w", name, classify(err))
	}
	return cmd, nil
}
