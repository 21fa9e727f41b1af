package render

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// maxID is the most bytes of a mentioned id.
const maxID = 256

// link is a link, a mention or an image. One to where no link may lead is
// written out again, so that a reader sees what was meant.
func link(kind Kind, destination string, label []Node) []Node {
	destination = unescape(destination)
	if id, ok := strings.CutPrefix(destination, "mention:"); ok && kind == Link && validID(id) {
		return []Node{{Kind: Mention, ID: id, Children: label}}
	}
	if allowed(destination) {
		return []Node{{Kind: kind, Href: destination, Children: label}}
	}
	open := "["
	if kind == Image {
		open = "!["
	}
	out := addText(nil, open)
	for _, n := range label {
		if n.Kind == Text {
			out = addText(out, n.Content)
		} else {
			out = append(out, n)
		}
	}
	return addText(out, "]("+strings.ReplaceAll(destination, "\n", " ")+")")
}

// allowed reports whether a link may lead there: to the web or to a mailbox.
func allowed(href string) bool {
	if strings.ContainsFunc(href, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return false
	}
	u, err := url.Parse(href)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "http", "https":
		return u.Hostname() != ""
	case "mailto":
		return u.Opaque != ""
	default:
		return false
	}
}

// WebLink reports whether an address may be opened from a message.
func WebLink(href string) bool { return allowed(href) }

func validID(id string) bool {
	return id != "" && len(id) <= maxID && !slices.ContainsFunc([]rune(id), func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r)
	})
}
