package envelope

import (
	"iter"
	"slices"
)

// Normalize returns a copy in which file and buttons, the origin's forms, have
// become the message that they mean: caption is its text, the medium its one
// attachment, and requires speaks of those. Other types are copied as they
// are. Slices and maps that it does not change are shared with o.
func (o *Outbound) Normalize() *Outbound {
	n := *o
	n.normalize(o)
	return &n
}

// Normal is Normalize for who owns o and needs no copy of it: o itself, if it is
// of no form of the origin's.
func (o *Outbound) Normal() *Outbound {
	if o.Type == TypeFile || o.Type == TypeButtons {
		return o.Normalize()
	}
	return o
}

// normalize changes n, a copy of o.
func (n *Outbound) normalize(o *Outbound) {
	switch o.Type {
	case TypeFile:
		n.Text = o.Caption
		n.Attachments = []Media{{Filename: o.Filename, Mimetype: o.Mimetype, Size: o.Size, Data: o.Data, URL: o.URL, Blob: o.Blob}}
		n.Filename, n.Mimetype, n.Size, n.Data, n.URL, n.Blob, n.Caption = "", "", 0, nil, "", "", ""
		n.Requires = slices.Clone(o.Requires)
		for i, name := range n.Requires {
			switch name {
			case "caption":
				n.Requires[i] = "text"
			case "filename", "mimetype", "size", "data", "url", "blob":
				n.Requires[i] = "attachments"
			}
		}
		n.Type = TypeMessage
	case TypeButtons:
		n.Type = TypeMessage
	}
}

// Fields lists the wire names of the fields that are present, in the order of
// the contract.
func (o *Outbound) Fields() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range outboundFields {
			if f := &outboundFields[i]; f.present(o) && !yield(f.name) {
				return
			}
		}
	}
}
