package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Plain returns v as the plain JSON value it encodes to: nil, bool, string,
// int64, float64, []any, map[string]any. Bytes become base64. A whole number
// within int64 is an int64, so that it stays one in MessagePack, too. What is
// already plain is copied.
func Plain(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("not a JSON value: %w", err)
	}
	return Parse(text)
}

// PlainObject is Plain for a value that must be an object; nil becomes an
// empty one.
func PlainObject(v map[string]any) (map[string]any, error) {
	if v == nil {
		return map[string]any{}, nil
	}
	plain, err := Plain(v)
	if err != nil {
		return nil, err
	}
	return plain.(map[string]any), nil
}

// Parse reads one JSON text into a plain value, as Plain describes it.
func Parse(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("not a JSON value: %w", err)
	}
	return numbers(v)
}

// numbers replaces each json.Number, in place where it can.
func numbers(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		return number(v)
	case []any:
		for i := range v {
			if v[i], err = numbers(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = numbers(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func number(n json.Number) (any, error) {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i, nil
	}
	f, err := n.Float64()
	if err != nil {
		return nil, fmt.Errorf("number %.40s is out of range", n)
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f), nil
	}
	return f, nil
}
