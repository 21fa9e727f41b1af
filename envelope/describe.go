package envelope

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxFieldName and maxShown bound, in bytes, what of a foreign name or value
// gets into errors and warnings.
const (
	maxFieldName = 64
	maxShown     = 40
)

// invalid is an error about one field.
func invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// expected is the error of a value that is not what the field wants.
func expected(field, want string, got any) *Error {
	return invalid(field, "expected %s, got %s", want, describe(got))
}

// join puts a field's name behind the place of what it is in.
func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// shorten cuts s to max bytes, at a character's boundary.
func shorten(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max] + "…"
}

// describe says what stood somewhere: its kind and, of a scalar, a little.
func describe(v any) string {
	switch t := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(t)
	case int64:
		return "number " + strconv.FormatInt(t, 10)
	case uint64:
		return "number " + strconv.FormatUint(t, 10)
	case float64:
		if math.IsInf(t, 0) {
			return "a number out of range"
		}
		return "number " + strconv.FormatFloat(t, 'g', -1, 64)
	case string:
		return "string " + strconv.Quote(shorten(t, maxShown))
	case []byte:
		return fmt.Sprintf("%d bytes", len(t))
	case []any:
		return fmt.Sprintf("a list of %d", len(t))
	case map[string]any:
		return fmt.Sprintf("a map of %d", len(t))
	case extension:
		return fmt.Sprintf("a MessagePack extension of type %d", t)
	}
	return fmt.Sprintf("%T", v)
}

// kind is describe without anything of the value, where it may be a secret.
func kind(v any) string {
	switch v.(type) {
	case bool:
		return "a boolean"
	case int64, uint64, float64:
		return "a number"
	case string:
		return "a string"
	}
	return describe(v)
}

// quoted lists strings as a sentence does.
func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, ", ")
}
