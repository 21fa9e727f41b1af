package envelope

// Encoding is how an envelope's bytes are written. A receipt and a reply are
// written as the envelope was.
type Encoding int8

// The two encodings, told apart by the first byte that is not white space.
const (
	MessagePack Encoding = iota
	JSON
)

// String names the encoding as the config does.
func (e Encoding) String() string {
	if e == JSON {
		return "json"
	}
	return "msgpack"
}
