package envelope

import "bytes"

// Limits bound what DecodeOutbound reads. They hold for all of an envelope,
// inside native and unknown fields too.
type Limits struct {
	MaxBytes int // of the encoded envelope; 0 = no limit
	MaxDepth int // levels of maps and lists, the envelope itself being the first
}

// DefaultLimits are the contract's: 1 MiB all told, 64 levels.
func DefaultLimits() Limits { return Limits{MaxBytes: 1 << 20, MaxDepth: 64} }

// Decoded is what DecodeOutbound read.
type Decoded struct {
	// Envelope is never nil. Beside an error it holds the fields that could be
	// read, so that a dead letter, a receipt or a reply can still be made.
	Envelope *Outbound

	// Encoding is the envelope's, for its receipt and reply.
	Encoding Encoding

	// Unknown are the fields that the contract does not name, sorted, at most
	// 16 of them, each cut to 64 bytes.
	Unknown []string

	// Warnings are sentences for the receipt: the unknown fields once more, and
	// the known ones that the envelope's type has no use for.
	Warnings []string
}

// DecodeOutbound reads one envelope, a MessagePack map or a JSON object, and
// checks all of it against the contract. The error's code is
//
//	undecodable  the bytes are not one well-formed map within the depth limit
//	too_large    there are more than lim.MaxBytes of them
//	invalid      a field is missing, of another type, or out of range
//	unsupported  "requires" names what no gateway of this version knows
//
// and its field a path such as attachments[2].url, or "data", the entry's own
// field, where the whole of it is at fault.
//
// View may be a list of rows or one flat list of buttons, which is one row. An
// integral number serves as an integer and an integer as a number; JSON null
// and MessagePack nil mean absent. Numbers in native and params are read as
// int64 (or uint64, above it) if they are integral and exact, else as float64.
func DecodeOutbound(data []byte, lim Limits) (Decoded, *Error) {
	tree, enc, fault := parse(data, lim)
	b := binder{}
	out := b.outbound(tree)
	if fault == nil {
		fault = b.fault
	}
	d := Decoded{Envelope: out, Encoding: enc}
	d.Unknown, d.Warnings = b.remarks(out.Type)
	if fault != nil && fault.Code == CodeInvalid {
		fault.Message += misspelt(d.Unknown)
	}
	return d, fault
}

// MissingData is the error of an entry that has no "data" field.
func MissingData() *Error {
	return &Error{
		Code: CodeUndecodable, Field: "data",
		Message: `the entry has no field "data": publish it as XADD <stream> * data <envelope>`,
	}
}

// parse reads data as one map. What it returns beside a fault is what could be
// read.
func parse(data []byte, lim Limits) (map[string]any, Encoding, *Error) {
	body := bytes.TrimLeft(data, " \t\r\n")
	enc := detect(body)
	r := newReader(lim.MaxDepth)
	if lim.MaxBytes > 0 && len(data) > lim.MaxBytes {
		r.fail(CodeTooLarge, "%d bytes, of at most %d: send big media by url or blob", len(data), lim.MaxBytes)
		body = body[:max(0, len(body)-(len(data)-lim.MaxBytes))]
	}
	if len(body) == 0 {
		r.fail(CodeUndecodable, "empty: expected a MessagePack map or a JSON object")
		return nil, enc, r.fault
	}
	var tree map[string]any
	if enc == JSON {
		tree = parseJSON(r, body)
	} else {
		tree = parseMessagePack(r, body)
	}
	return tree, enc, r.fault
}

// detect tells the encodings apart. Below 0x80 a byte starts text, and no
// MessagePack map; what is text but no object is refused by the JSON parser.
func detect(body []byte) Encoding {
	if len(body) > 0 && body[0] < 0x80 {
		return JSON
	}
	return MessagePack
}
