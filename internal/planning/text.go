package planning

import (
	"cmp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// MaxParts is how many messages one envelope may take: ours. More is a flood, not
// a message.
const MaxParts = 50

// Values of an envelope's mentions under which people are pinged.
const (
	MentionsListed = "listed"
	MentionsAll    = "all"
)

// Ellipsis stands for an answer that begins with mark-up or white space alone, as
// many do: no platform takes a message in which nothing can be seen.
const Ellipsis = "…"

const plain = "plain"

var parser = render.NewParser() // safe for concurrent use, and never changed

// Parse reads an envelope's text.
func Parse(text, format string) []render.Node {
	if format == plain {
		return render.Plain(text)
	}
	return parser.Markdown(text)
}

// Grown is a snapshot of a stream as it is shown: one that is not the last may
// end in the middle of its mark-up, and then have nothing to show yet.
func Grown(e *envelope.Outbound) *envelope.Outbound {
	if e.Final || e.Format == plain || e.Text == "" {
		return e
	}
	mended := *e
	mended.Text = cmp.Or(render.Growing(e.Text), Ellipsis)
	return &mended
}

// Dialect is how a platform shows a text.
type Dialect[T any] struct {
	Write func([]render.Node) T
	Fits  func(T) bool // one message
	Shows func(T) bool // something of it can be seen
	Most  int          // characters of one message: what errors say
}

// Split writes an envelope's text, which was parsed into nodes, in parts that
// each fit a message. Of a snapshot that is not the last there is always one.
func Split[T any](e *envelope.Outbound, nodes []render.Node, d Dialect[T]) ([]T, error) {
	if e.Text == "" {
		return nil, nil
	}
	if len(e.Text) > 4*MaxParts*d.Most { // no need to look closer
		return nil, platform.Refused(envelope.CodeTooLarge, "text",
			"%d bytes are more than %d messages of %d characters: send it as a file", len(e.Text), MaxParts, d.Most)
	}
	trees, err := render.Split(nodes, func(n []render.Node) bool { return d.Fits(d.Write(n)) })
	if err != nil {
		return nil, platform.Refused(envelope.CodeInvalid, "text", "it cannot be cut into parts: %v", err)
	}
	if len(trees) > MaxParts {
		return nil, platform.Refused(envelope.CodeTooLarge, "text",
			"it takes %d messages of %d characters, of at most %d: send it as a file", len(trees), d.Most, MaxParts)
	}
	var parts []T
	for _, tree := range trees {
		if part := d.Write(tree); d.Shows(part) {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 && e.Type == envelope.TypeStream && !e.Final {
		parts = append(parts, d.Write(render.Plain(Ellipsis)))
	}
	return parts, nil
}
