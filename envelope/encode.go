package envelope

import (
	"fmt"
	"reflect"
)

// Encode writes an Outbound, an Event, a Receipt or a Reply, or a pointer to
// one: the same value gives the same bytes. Fields stand in the order of their
// struct, keys of maps are sorted, no list is null, and what is not valid
// UTF-8 becomes U+FFFD, so that any reader can read it. In a free map or a
// result, what knows how to marshal itself as JSON is written as that says, in
// MessagePack too.
//
// It fails if such a value cannot be encoded: NaN, a function, a cycle.
func Encode(v any, enc Encoding) ([]byte, error) {
	tree, err := toTree(reflect.ValueOf(v), 0)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	switch o := v.(type) {
	case Outbound:
		tree = withSeq(&o, tree)
	case *Outbound:
		tree = withSeq(o, tree)
	}
	if enc == JSON {
		return appendJSON(nil, tree), nil
	}
	data, err := packTree(tree)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return data, nil
}

// withSeq adds a stream's seq of 0, which is a seq, but which its tag omits.
func withSeq(o *Outbound, tree any) any {
	members, ok := tree.(object)
	if !ok || o.Type != TypeStream || o.Seq != 0 {
		return tree
	}
	return append(members, member{"seq", int64(0)})
}
