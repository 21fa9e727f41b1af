package envelope

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A value of the tree that the parsers build is nil, a bool, an int64, a
// uint64 (above int64 only), a float64, a string, a []byte, a []any, a
// map[string]any or an extension. Strings and keys are valid UTF-8.

// extension is a value of one of MessagePack's extension types.
type extension int8

// reader is what the two parsers share: the depth limit, the place they are
// at, and the first thing that was wrong. What can be passed over is noted and
// passed over, so that fields behind it are still read.
type reader struct {
	limit   int
	path    []step
	room    [4]step // for most paths
	fault   *Error
	stopped bool // reading cannot go on
}

func newReader(limit int) *reader {
	r := &reader{limit: limit}
	r.path = r.room[:0]
	return r
}

// step is one step of a path: a key if index is negative, else an index.
type step struct {
	key   string
	index int
}

// stop is fail where reading cannot go on.
func (r *reader) stop(format string, args ...any) {
	r.fail(CodeUndecodable, format, args...)
	r.stopped = true
}

// fail notes what is wrong at the present place, unless something was before.
func (r *reader) fail(code Code, format string, args ...any) {
	if r.fault == nil {
		r.fault = &Error{Code: code, Field: r.field(), Message: fmt.Sprintf(format, args...)}
	}
}

func (r *reader) enter(key string) { r.path = append(r.path, step{key, -1}) }
func (r *reader) at(index int)     { r.path = append(r.path, step{"", index}) }
func (r *reader) leave()           { r.path = r.path[:len(r.path)-1] }

// tooDeep reports whether a map or a list that begins here is beyond the limit,
// and notes it.
func (r *reader) tooDeep() bool {
	if len(r.path) < r.limit {
		return false
	}
	r.fail(CodeUndecodable, "more than %d levels deep", r.limit)
	return true
}

// field renders the path, shortened: foreign keys may be in it. What is wrong
// with all of it is wrong with the entry's field data.
func (r *reader) field() string {
	if len(r.path) == 0 {
		return "data"
	}
	var b strings.Builder
	for i, s := range r.path {
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case i == 0:
			b.WriteString(s.key)
		default:
			b.WriteString("." + s.key)
		}
		if b.Len() > maxFieldName {
			break
		}
	}
	return shorten(b.String(), maxFieldName)
}

// put adds a member to a map, and refuses a second one of the same name.
func (r *reader) put(m map[string]any, key string, v any) {
	if _, ok := m[key]; ok {
		r.enter(key)
		r.fail(CodeUndecodable, "given twice")
		r.leave()
		return
	}
	m[key] = v
}

// exact is the largest power of two up to which float64 holds every integer.
const exact = 1 << 53

// number returns f as an int64 if it is an integer and exact, so that a number
// reads the same whichever encoding and library wrote it.
func number(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) <= exact {
		return int64(f)
	}
	return f
}

// literal reads a JSON number. One that is too big for float64 is infinite,
// which no field takes.
func literal(s string) any {
	if !strings.ContainsAny(s, ".eE") {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i
		}
		if u, err := strconv.ParseUint(s, 10, 64); err == nil {
			return u
		}
	}
	f, _ := strconv.ParseFloat(s, 64)
	return number(f)
}
