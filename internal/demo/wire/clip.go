package wire

import (
	"slices"
	"strings"

	"github.com/posternhq/postern/envelope"
)

const (
	dataMost  = 16 << 10 // bytes of an item's data as JSON
	valueMost = 2 << 10  // bytes of one value in it, where that is exceeded
	bytesMost = 48       // bytes of a file, likewise
	lineMost  = 120      // characters of a line that says what an item is about
)

// clipOutbound shortens what may be long. Of a free map nothing is shown.
func clipOutbound(o envelope.Outbound) envelope.Outbound {
	o.Text, o.Caption, o.Data = clip(o.Text), clip(o.Caption), clipBytes(o.Data)
	o.Attachments = slices.Clone(o.Attachments[:min(len(o.Attachments), 16)])
	for i := range o.Attachments {
		o.Attachments[i].Data = clipBytes(o.Attachments[i].Data)
	}
	o.Native, o.Params = nil, nil
	if len(o.View) > 16 {
		o.View = nil
	}
	return o
}

// clipEvent likewise.
func clipEvent(e envelope.Event) envelope.Event {
	e.Content, e.Raw, e.Arguments = clip(e.Content), nil, nil
	return e
}

func clip(s string) string {
	if len(s) <= valueMost {
		return s
	}
	return strings.ToValidUTF8(s[:valueMost], "") + "…"
}

func clipBytes(b []byte) []byte { return b[:min(len(b), bytesMost)] }

// oneLine is the beginning of a text, its white space made single blanks.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(clip(s)), " ")
	if r := []rune(s); len(r) > lineMost {
		return string(r[:lineMost-1]) + "…"
	}
	return s
}

// end is the end of a long text: where a stream grows.
func end(s string) string {
	if r := []rune(s); len(r) > lineMost/2 {
		return "…" + string(r[len(r)-lineMost/2:])
	}
	return s
}
