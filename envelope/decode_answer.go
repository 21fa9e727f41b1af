package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vmihailenco/msgpack/v5"
)

// maxRead is how many levels clients read of what a gateway wrote.
const maxRead = 512

// DecodeEvent reads an event in either encoding. Unknown fields are ignored.
// The error is an *Error.
func DecodeEvent(data []byte) (Event, error) {
	var e Event
	tree, err := decode(data, &e)
	if err != nil {
		return Event{}, err
	}
	// The libraries each have their own idea of numbers in free maps.
	e.Raw, _ = tree["raw"].(map[string]any)
	e.Arguments, _ = tree["arguments"].(map[string]any)
	return e, nil
}

// DecodeReceipt reads a receipt in either encoding. Unknown fields are ignored.
// The error is an *Error.
func DecodeReceipt(data []byte) (Receipt, error) {
	var r Receipt
	if _, err := decode(data, &r); err != nil {
		return Receipt{}, err
	}
	return r, nil
}

// DecodeReply reads a reply in either encoding. Unknown fields are ignored.
// Numbers of its result are read as in DecodeOutbound. The error is an *Error.
func DecodeReply(data []byte) (Reply, error) {
	var r Reply
	tree, err := decode(data, &r)
	if err != nil {
		return Reply{}, err
	}
	r.Result = tree["result"]
	return r, nil
}

// decode reads data into a struct, by its json tags, and returns it as a tree
// as well. The parser has been over it before a library is, so its depth is
// known.
func decode(data []byte, into any) (map[string]any, error) {
	tree, enc, fault := parse(data, Limits{MaxDepth: maxRead})
	if fault != nil {
		return nil, fault
	}
	data = bytes.TrimLeft(data, " \t\r\n")
	var err error
	if enc == JSON {
		err = json.Unmarshal(data, into)
	} else {
		d := msgpack.NewDecoder(bytes.NewReader(data))
		d.SetCustomStructTag("json")
		err = d.Decode(into)
	}
	if err != nil {
		return nil, &Error{Code: CodeInvalid, Message: fmt.Sprintf("not what was expected: %v", err)}
	}
	if bad, where := unfit(tree, ""); where != "" {
		return nil, invalid(shorten(strings.TrimPrefix(where, "."), maxFieldName), "expected what JSON can hold, or bytes; got %s", describe(bad))
	}
	return tree, nil
}
