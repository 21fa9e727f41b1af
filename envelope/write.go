package envelope

import (
	"bytes"
	"encoding/base64"
	"math"
	"strconv"

	"github.com/vmihailenco/msgpack/v5"
)

// appendJSON writes a tree as JSON.stringify and Python's json.dumps (compact,
// ensure_ascii off) do.
func appendJSON(dst []byte, v any) []byte {
	switch t := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, t)
	case int64:
		return strconv.AppendInt(dst, t, 10)
	case uint64:
		return strconv.AppendUint(dst, t, 10)
	case float64:
		return appendFloat(dst, t)
	case string:
		return appendQuoted(dst, t)
	case []byte:
		return appendBase64(dst, t)
	case []any:
		dst = append(dst, '[')
		for i, e := range t {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, e)
		}
		return append(dst, ']')
	case object:
		dst = append(dst, '{')
		for i, m := range t {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendQuoted(dst, m.key), ':')
			dst = appendJSON(dst, m.value)
		}
		return append(dst, '}')
	}
	return dst
}

// appendFloat keeps apart what literal keeps apart: digits alone are an
// integer, so a float beyond the exact ones gets an exponent.
func appendFloat(dst []byte, f float64) []byte {
	if a := math.Abs(f); a > exact || a != 0 && a < 1e-6 {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

func appendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, '"')
}

// appendQuoted writes a string of valid UTF-8.
func appendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\b':
			dst = append(dst, '\\', 'b')
		case c == '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(dst, '"')
}

// packTree writes a tree as MessagePack, each integer as short as it goes.
func packTree(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := msgpack.GetEncoder()
	defer msgpack.PutEncoder(e)
	e.Reset(&buf)
	err := pack(e, v)
	return buf.Bytes(), err
}

func pack(e *msgpack.Encoder, v any) error {
	switch t := v.(type) {
	case bool:
		return e.EncodeBool(t)
	case int64:
		return e.EncodeInt(t)
	case uint64:
		return e.EncodeUint(t)
	case float64:
		return e.EncodeFloat64(t)
	case string:
		return e.EncodeString(t)
	case []byte:
		return e.EncodeBytes(t)
	case []any:
		err := e.EncodeArrayLen(len(t))
		for i := 0; i < len(t) && err == nil; i++ {
			err = pack(e, t[i])
		}
		return err
	case object:
		err := e.EncodeMapLen(len(t))
		for i := 0; i < len(t) && err == nil; i++ {
			if err = e.EncodeString(t[i].key); err == nil {
				err = pack(e, t[i].value)
			}
		}
		return err
	}
	return e.EncodeNil()
}
