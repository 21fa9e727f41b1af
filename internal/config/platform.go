package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/suggest"
	"github.com/posternhq/postern/platform"
)

// Platform is one account on one platform.
type Platform struct {
	Name      string
	Kind      string
	Allow     Allow
	Groups    string // mention, all or none; "" = as the kind has it
	Bots      bool
	OnUnknown string // resend or park

	// Values are the kind's own fields, every declared one present: a string,
	// bool, int, time.Duration, []string or Secret.
	Values map[string]any
}

// Allow names who may talk. An empty list allows everyone.
type Allow struct {
	Users, Channels, Guilds []string
}

func newPlatform() *Platform { return &Platform{OnUnknown: envelope.UnknownResend} }

// Settings is what the platform's adapter is built from, its secrets in the
// clear.
func (p Platform) Settings() platform.Settings {
	values := maps.Clone(p.Values)
	for name, v := range values {
		if s, ok := v.(Secret); ok {
			values[name] = s.Reveal()
		}
	}
	return platform.Settings{Name: p.Name, Values: values}
}

// kinds are the platforms that this binary has, by name.
type kinds map[string]platform.Kind

func byName(all []platform.Kind) kinds {
	k := kinds{}
	for _, kind := range all {
		k[kind.Name] = kind
	}
	return k
}

func (k kinds) names() string {
	return strings.Join(slices.Sorted(maps.Keys(k)), ", ")
}

// freeName is the rule for a platform's name.
func (c *Config) freeName(into any) error {
	name, ok := into.(*string)
	if !ok {
		return nil
	}
	if _, taken := c.Platform(*name); taken {
		return fmt.Errorf("%q is already the name of another platform", *name)
	}
	return envelope.CheckPlatform(*name)
}

// ofKind names the first platform of a kind.
func (c *Config) ofKind(kind string) (name string, ok bool) {
	for _, p := range c.Platforms {
		if p.Kind == kind {
			return p.Name, true
		}
	}
	return "", false
}

func (c *Config) platforms(k kinds) *list {
	return &list{common: newPlatform().settings(nil), item: func(peek func(string) string) ([]setting, func(bool) *keyError, *keyError) {
		name := peek("kind")
		if name == "" {
			return nil, nil, &keyError{"kind", "is missing: write one of " + k.names()}
		}
		kind, ok := k[name]
		if !ok {
			return nil, nil, &keyError{"kind", fmt.Sprintf("%q is not a kind of platform in this binary, which has %s%s",
				name, k.names(), suggest.DidYouMean(name, slices.Collect(maps.Keys(k))))}
		}
		if other, taken := c.ofKind(name); taken && kind.Single != "" {
			return nil, nil, &keyError{"kind", fmt.Sprintf("%q can be had only once, and platform %s is one: %s", name, other, kind.Single)}
		}
		p := newPlatform()
		settings := append(p.settings(c.freeName), kindSettings(kind)...)
		keep := func(whole bool) *keyError {
			p.Values = valuesOf(kind, settings)
			c.Platforms = append(c.Platforms, *p)
			if !whole {
				return nil
			}
			return try(kind, p.Settings())
		}
		return settings, keep, nil
	}}
}

// try builds an adapter only to hear what the kind thinks of its settings.
func try(kind platform.Kind, settings platform.Settings) *keyError {
	_, err := kind.New(settings)
	if err == nil {
		return nil
	}
	for _, f := range kind.Fields {
		if says, named := strings.CutPrefix(err.Error(), f.Name+" "); named {
			return &keyError{f.Name, says}
		}
	}
	return &keyError{message: err.Error()}
}

// settings are what every platform has, whatever its kind.
func (p *Platform) settings(name rule) []setting {
	return []setting{
		{key: "name", into: &p.Name, rule: name, required: true, help: "the platform's name in Redis and on the wire"},
		{key: "kind", into: &p.Kind, required: true, help: "what it is: one of this binary's kinds"},
		{key: "allow.users", into: &p.Allow.Users, help: "only these user ids may talk; default everyone"},
		{key: "allow.channels", into: &p.Allow.Channels, help: "only in these channel ids"},
		{key: "allow.guilds", into: &p.Allow.Guilds, help: "only in these guild ids"},
		{key: "groups", into: &p.Groups, rule: oneOf("mention", "all", "none"), help: "what is taken in from groups: mention (what speaks to us), all or none; default: the kind's"},
		{key: "bots", into: &p.Bots, help: "take in what other bots say"},
		{key: "on_unknown", into: &p.OnUnknown, rule: oneOf(envelope.UnknownResend, envelope.UnknownPark), help: "a send that may have happened, where nobody can tell: resend (flagged) or park"},
	}
}

// kindSettings are a kind's own fields, at their defaults.
func kindSettings(kind platform.Kind) []setting {
	var settings []setting
	for _, f := range kind.Fields {
		s := setting{key: f.Name, help: f.Help, required: f.Required}
		switch f.Type {
		case platform.FieldBool:
			s.into = at[bool](f.Default)
		case platform.FieldInt:
			s.into = at[int](f.Default)
		case platform.FieldDuration:
			s.into = at[time.Duration](f.Default)
		case platform.FieldSecret:
			s.into = new(Secret)
		case platform.FieldList:
			s.into = at[[]string](f.Default)
		default:
			s.into = at[string](f.Default)
		}
		settings = append(settings, s)
	}
	return settings
}

// at returns a place that holds v, or T's zero value if v is none.
func at[T any](v any) *T {
	into := new(T)
	*into, _ = v.(T)
	return into
}

// valuesOf collects what was read into a kind's fields.
func valuesOf(kind platform.Kind, settings []setting) map[string]any {
	values := map[string]any{}
	for _, s := range settings[len(settings)-len(kind.Fields):] {
		switch v := s.into.(type) {
		case *string:
			values[s.key] = *v
		case *bool:
			values[s.key] = *v
		case *int:
			values[s.key] = *v
		case *time.Duration:
			values[s.key] = *v
		case *Secret:
			values[s.key] = *v
		case *[]string:
			values[s.key] = slices.Clone(*v)
		}
	}
	return values
}
