package main

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/operation"
	"github.com/posternhq/postern/platform"
)

var update = flag.Bool("update", false, "write the table of docs/platforms.md")

const (
	platformsPage  = "../../docs/platforms.md"
	platformsStart = "<!-- platforms: made by go test ./cmd/postern -update -->\n"
	platformsEnd   = "<!-- /platforms -->"
)

// settings are what a kind needs to be built.
var settings = map[string]any{
	"url": "http://127.0.0.1:9/", "token": "123456:ABC-DEF", "secret": "a-secret-of-some-length",
	"slack.token": "xoxb-1", "slack.app_token": "xapp-1",
	"discord.token": "MTIz.GaBc.a-secret-of-some-length",
}

func adapters(t *testing.T) (names []string, all []platform.Adapter) {
	t.Helper()
	for _, kind := range kinds() {
		values := map[string]any{}
		for _, f := range kind.Fields {
			values[f.Name] = f.Default
			v, ok := settings[kind.Name+"."+f.Name]
			if !ok {
				v, ok = settings[f.Name]
			}
			if ok && (f.Required || f.Type == platform.FieldSecret) {
				values[f.Name] = v
			}
		}
		a, err := kind.New(platform.Settings{Name: kind.Name, Values: values})
		if err != nil {
			t.Fatalf("%s: %v", kind.Name, err)
		}
		names, all = append(names, kind.Name), append(all, a)
	}
	return names, all
}

// TestTheTableIsTheAdapters holds docs/platforms.md to what the adapters say of
// themselves. Whatever is not honoured in full has its reason.
func TestTheTableIsTheAdapters(t *testing.T) {
	t.Parallel()
	names, all := adapters(t)
	var b strings.Builder
	b.WriteString("| | " + strings.Join(names, " | ") + " |\n|" + strings.Repeat(" --- |", len(names)+1) + "\n")
	notes := map[string][]string{}
	row := func(name string, level func(platform.Adapter) (platform.Level, string)) {
		cells := []string{"`" + name + "`"}
		for i, a := range all {
			l, number := level(a)
			note := a.Capabilities().Notes[name]
			if l < platform.Full && note == "" {
				t.Errorf("%s: %s is %s, and nothing says why", names[i], name, levelName(l))
			}
			if l == platform.Full && note != "" {
				t.Errorf("%s: %s is full, and %q says why not", names[i], name, note)
			}
			if note != "" {
				notes[names[i]] = append(notes[names[i]], fmt.Sprintf("| `%s` | %s | %s |", name, levelName(l), note))
			}
			cells = append(cells, strings.TrimSpace(levelName(l)+" "+number))
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	for _, typ := range []envelope.Type{"message", "edit", "delete", "reaction", "typing", "presence", "stream"} {
		row(string(typ), func(a platform.Adapter) (platform.Level, string) {
			c := a.Capabilities()
			number := ""
			if typ == envelope.TypeMessage && c.MaxText > 0 {
				number = fmt.Sprintf("(%d %s)", c.MaxText, strings.ReplaceAll(string(c.TextUnit), "_", " "))
			}
			if typ == envelope.TypeStream && c.Types[typ] < platform.Partial && c.Types[envelope.TypeEdit] >= platform.Partial {
				return platform.Partial, "(edits)"
			}
			return c.Types[typ], number
		})
	}
	for _, field := range []string{
		"format", "thread_id", "reply_to", "silent", "mentions", "attachments", "view", "interaction_id", "ephemeral", "ttl", "native",
	} {
		row(field, func(a platform.Adapter) (platform.Level, string) {
			c := a.Capabilities()
			number := ""
			if field == "attachments" && c.MaxAttachment > 0 {
				number = fmt.Sprintf("(%d MiB)", c.MaxAttachment>>20)
			}
			return c.Fields[field], number
		})
	}
	for _, m := range operation.New().Methods() {
		if strings.HasSuffix(m.Name, "_tool") || m.Name == "list_tools" || m.Name == "capabilities" {
			continue // every platform has them
		}
		row(m.Name, func(a platform.Adapter) (platform.Level, string) {
			switch {
			case !m.Offered(operation.Call{Adapter: a}):
				return platform.Unsupported, ""
			case a.Capabilities().Notes[m.Name] != "":
				return platform.Partial, ""
			}
			return platform.Full, ""
		})
	}
	b.WriteString("| a lost answer | " + strings.Join(lost(all), " | ") + " |\n")
	for _, name := range names {
		if len(notes[name]) > 0 {
			b.WriteString("\n## Why, on " + name + "\n\n| | | |\n| --- | --- | --- |\n" + strings.Join(notes[name], "\n") + "\n")
		}
	}
	hold(t, platformsPage, platformsStart, platformsEnd, b.String())
}

// lost is what becomes of a send whose answer was lost, on each platform.
func lost(all []platform.Adapter) []string {
	var cells []string
	for _, a := range all {
		switch c := a.Capabilities(); {
		case c.NativeKey && c.KeyWindow > 0:
			cells = append(cells, "sent again under its key, for "+strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace((time.Duration(c.KeyWindow)*time.Second).String()))
		case c.NativeKey:
			cells = append(cells, "sent again under its key")
		case len(c.ReadBack) > 0:
			cells = append(cells, "looked for")
		default:
			cells = append(cells, "`on_unknown`")
		}
	}
	return cells
}

func levelName(l platform.Level) string {
	switch {
	case l >= platform.Full:
		return "full"
	case l == platform.Partial:
		return "partial"
	default:
		return "none"
	}
}
