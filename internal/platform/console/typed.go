package console

import (
	"strings"

	"github.com/posternhq/postern/envelope"
)

const help = `    a line is published as a message
    /channel NAME   go on in another channel
    /press ID       press a button
    //text          publish a line that begins with /
    /help           this`

// typed is what one line means: an event to publish, a word to the one who
// typed it, or another channel to be in.
type typed struct {
	event   envelope.Event // its Event is "" if there is none
	say     string
	channel string
}

// decode reads one line. It is pure: who typed it where, and when, is added by
// the reader.
func decode(line string) typed {
	line = strings.TrimRight(strings.ToValidUTF8(line, "\uFFFD"), "\r\n")
	if strings.TrimSpace(line) == "" {
		return typed{}
	}
	text, escaped := strings.CutPrefix(line, "//")
	if escaped {
		line = "/" + text
	}
	if escaped || !strings.HasPrefix(line, "/") {
		return typed{event: envelope.Event{Event: envelope.EventMessage, Content: line, IsAddressed: true}}
	}
	command, argument, _ := strings.Cut(line[1:], " ")
	argument = strings.TrimSpace(argument)
	switch {
	case command == "help":
		return typed{say: help}
	case command == "channel" && argument != "":
		return typed{channel: argument, say: "    now in " + word(argument)}
	case command == "press" && argument != "":
		return typed{event: envelope.Event{Event: envelope.EventButton, CustomID: argument, IsAddressed: true}}
	case command == "channel" || command == "press":
		return typed{say: "    /" + command + " needs a name after it; /help lists what can be typed"}
	default:
		return typed{say: "    /" + word(command) + " is not known; /help lists what can be typed, // begins a text with /"}
	}
}
