// Package fault is an adapter for the platform that test/fault/sink plays: one
// that can have a key of its own, for ever or within a window, or can be read
// back, or neither; that shows a text in several parts; and that can be bound
// to one connection.
package fault

import (
	"fmt"
	"net/url"
	"time"

	"github.com/posternhq/postern/platform"
)

// The natures of a platform: the values of the field key.
const (
	keyNative   = "native"
	keyWindow   = "window"
	keyReadBack = "readback"
	keyNone     = "none"
)

// Kind is the manifest.
func Kind() platform.Kind {
	return platform.Kind{
		Name:   "fault",
		Help:   "the platform of the fault harness",
		Groups: "all",
		Fields: []platform.Field{
			{Name: "url", Type: platform.FieldString, Required: true, Help: "the sink's, for this node"},
			{Name: "key", Type: platform.FieldString, Default: keyNative, Help: "native, window, readback or none"},
			{Name: "window", Type: platform.FieldDuration, Default: time.Minute, Help: "how long a key is known, with key: window"},
			{Name: "lag", Type: platform.FieldDuration, Default: time.Duration(0), Help: "after which what is there is shown, with key: readback"},
			{Name: "parts", Type: platform.FieldBool, Default: false, Help: "each line of a text is a part of its own"},
			{Name: "lease_bound", Type: platform.FieldBool, Default: false, Help: "one node holds the connection"},
			{Name: "timeout", Type: platform.FieldDuration, Default: 2 * time.Second, Help: "the longest that one request may take"},
		},
		New: func(s platform.Settings) (platform.Adapter, error) { return New(s) },
	}
}

type config struct {
	name, url   string
	key         string
	window, lag time.Duration
	timeout     time.Duration
	parts       bool
	leaseBound  bool
	host        string // host:port of the url
}

func readConfig(s platform.Settings) (config, error) {
	c := config{
		name: s.Name, url: platform.Get[string](s, "url"), key: platform.Get[string](s, "key"),
		window: platform.Get[time.Duration](s, "window"), lag: platform.Get[time.Duration](s, "lag"),
		timeout: platform.Get[time.Duration](s, "timeout"),
		parts:   platform.Get[bool](s, "parts"), leaseBound: platform.Get[bool](s, "lease_bound"),
	}
	u, err := url.Parse(c.url)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return c, fmt.Errorf("url is %q; expected http://host:port/node", c.url)
	}
	c.host = u.Host
	switch c.key {
	case keyNative, keyWindow, keyReadBack, keyNone:
		return c, nil
	}
	return c, fmt.Errorf("key is %q; expected native, window, readback or none", c.key)
}
