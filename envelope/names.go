package envelope

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names are the names in Redis that workers and the gateway share. The zero
// value is not valid: start from NewNames.
type Names struct {
	Namespace      string   // default postern
	OutboundPrefix string   // default <namespace>:outbound
	GroupPrefix    string   // default <namespace>:gateway
	InboundStream  string   // default <namespace>:inbound
	WorkerGroup    string   // default <namespace>:workers
	ReplyPrefixes  []string // more prefixes that a reply or receipt list may have
}

// NewNames returns the default names under a namespace.
func NewNames(namespace string) Names {
	return Names{
		Namespace:      namespace,
		OutboundPrefix: namespace + ":outbound",
		GroupPrefix:    namespace + ":gateway",
		InboundStream:  namespace + ":inbound",
		WorkerGroup:    namespace + ":workers",
	}
}

// Outbound is the stream S that a platform's envelopes are published to.
func (n Names) Outbound(platform string) string { return n.OutboundPrefix + ":" + platform }

// Group is the consumer group on a platform's outbound stream.
func (n Names) Group(platform string) string { return n.GroupPrefix + ":" + platform }

// Platform is the hash that says what a platform is and can do.
func (n Names) Platform(platform string) string { return n.Namespace + ":platform:" + platform }

// Node is the registry key of a gateway node.
func (n Names) Node(id string) string { return n.Namespace + ":node:" + id }

// Beside is the key of something kept about a stream, in the stream's own
// Cluster slot: {S}:lease, {S}:dead ...
func Beside(stream, what string) string { return "{" + stream + "}:" + what }

// ReplyAllowed reports whether a receipt or reply about stream may go to list.
func (n Names) ReplyAllowed(stream, list string) bool {
	prefixes := append([]string{Beside(stream, "reply:"), n.Namespace + ":reply:"}, n.ReplyPrefixes...)
	for _, p := range prefixes {
		if len(list) > len(p) && strings.HasPrefix(list, p) {
			return true
		}
	}
	return false
}

var platformName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// CheckPlatform says what is wrong with a platform's name, or nil.
func CheckPlatform(name string) error {
	if !platformName.MatchString(name) {
		return fmt.Errorf("platform name %q: expected a lower-case letter or digit, then at most 62 of a-z, 0-9, _ and -", name)
	}
	return nil
}

// maxName is the longest a name may be, in bytes. Each is part of many keys.
const maxName = 128

// CheckName says what is wrong with a name or prefix in Redis, or nil. The
// error is the end of a sentence that the name's role begins.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("is empty")
	case len(name) > maxName:
		return fmt.Errorf("has %d bytes, expected at most %d", len(name), maxName)
	case strings.ContainsAny(name, "{}"):
		return fmt.Errorf("is %q: { and } are kept for Cluster hash tags, choose a name without them", name)
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return fmt.Errorf("is %q: choose a name without white space and control characters", name)
	}
	return nil
}

// Check says what is wrong with the names, or nil.
func (n Names) Check() error {
	for _, f := range []struct{ what, value string }{
		{"namespace", n.Namespace},
		{"outbound_stream_prefix", n.OutboundPrefix},
		{"gateway_group_prefix", n.GroupPrefix},
		{"inbound_stream", n.InboundStream},
		{"worker_group", n.WorkerGroup},
	} {
		if err := CheckName(f.value); err != nil {
			return fmt.Errorf("wire.%s %w", f.what, err)
		}
	}
	return nil
}
