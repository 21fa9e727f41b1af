package discord

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// command is a slash command as it is registered
// (docs.discord.com/developers/interactions/application-commands).
type command struct {
	Name        string   `json:"name"`
	Type        int      `json:"type"` // 1: typed in the chat
	Description string   `json:"description"`
	Options     []option `json:"options,omitempty"`
}

type option struct {
	Name        string `json:"name"`
	Type        int    `json:"type"`
	Description string `json:"description"`
	Required    bool   `json:"required,omitempty"`
}

// optionTypes are those that a value can be typed or chosen for.
var optionTypes = map[string]int{
	"string": 3, "integer": 4, "boolean": 5, "user": 6, "channel": 7, "role": 8, "mentionable": 9, "number": 10, "attachment": 11,
}

// nameForm is Discord's for commands and options, less the scripts that have
// no small letters. How long a name may be it leaves out: 32 times these classes
// would take each process 12 ms to compile.
var nameForm = regexp.MustCompile(`^[-_\p{Ll}\p{Lo}\p{N}]+$`)

// isName reports whether a command or an option may be called so.
func isName(s string) bool { return utf8.RuneCountInString(s) <= 32 && nameForm.MatchString(s) }

const maxDescription = 100

// readCommands reads the config's lines: name=description; option:type!=description.
func readCommands(lines []string) ([]command, error) {
	var out []command
	for _, line := range lines {
		pieces := strings.Split(line, ";")
		name, description, ok := cut(pieces[0])
		if name = strings.TrimPrefix(name, "/"); !ok || !isName(name) {
			return nil, fmt.Errorf("commands has %q; expected name=description, a name of 1 to 32 small letters, digits, - and _ and a description of up to %d letters", line, maxDescription)
		}
		if slices.ContainsFunc(out, func(c command) bool { return c.Name == name }) {
			return nil, fmt.Errorf("commands names %q twice", name)
		}
		c := command{Name: name, Type: 1, Description: description}
		for _, piece := range pieces[1:] {
			o, err := readOption(piece)
			if err != nil {
				return nil, fmt.Errorf("commands has %q: %w", line, err)
			}
			c.Options = append(c.Options, o)
		}
		// Discord wants those that must be given first.
		slices.SortStableFunc(c.Options, func(a, b option) int {
			switch {
			case a.Required == b.Required:
				return 0
			case a.Required:
				return -1
			default:
				return 1
			}
		})
		out = append(out, c)
	}
	return out, nil
}

func cut(s string) (name, description string, ok bool) {
	name, description, ok = strings.Cut(s, "=")
	name, description = strings.TrimSpace(name), strings.TrimSpace(description)
	return name, description, ok && description != "" && len([]rune(description)) <= maxDescription
}

func readOption(s string) (option, error) {
	left, description, ok := cut(s)
	left, required := strings.CutSuffix(left, "!")
	name, kind, typed := strings.Cut(left, ":")
	if !typed {
		kind = "string"
	}
	number, known := optionTypes[kind]
	if !ok || !isName(name) || !known {
		return option{}, fmt.Errorf("the option %q is not name:type=description, with ! before = if it must be given; types are string, integer, number, boolean, user, channel, role, mentionable, attachment", strings.TrimSpace(s))
	}
	return option{Name: name, Type: number, Description: description, Required: required}, nil
}

// register sets the commands to what the config says, for the servers that it
// names or for all. Without any in the config, those that are set stay. A server
// that the bot is not in, or no longer, is told of: the others work without it.
func (a *Adapter) register(ctx context.Context, host platform.Host) error {
	if len(a.config.commands) == 0 {
		return nil
	}
	base := "/applications/" + a.me.Load().Application
	if len(a.config.guilds) == 0 {
		return a.client.read(ctx, http.MethodPut, base+"/commands", a.config.commands, nil)
	}
	for _, guild := range a.config.guilds {
		err := a.client.read(ctx, http.MethodPut, base+"/guilds/"+guild+"/commands", a.config.commands, nil)
		switch {
		case err == nil:
		case platform.AsError(err).Code == envelope.CodeForbidden, platform.AsError(err).Code == envelope.CodeNotFound:
			host.Log().Error("the commands could not be registered in a server that guilds names: the bot may not be in it, or was not invited with the scope applications.commands", "guild", guild, "error", err)
		default:
			return err
		}
	}
	return nil
}
