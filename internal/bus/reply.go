package bus

import (
	"errors"
	"fmt"
	"strconv"
)

// reply walks through a script's answer, value by value. The first thing that
// does not fit, at any depth, is remembered and told once by err, so that the
// reading code stays plain.
type reply struct {
	values []any
	bad    *error // shared with the lists within
}

func newReply(v any) *reply {
	r := &reply{bad: new(error)}
	r.values = r.open(v)
	return r
}

func (r *reply) failed() bool { return *r.bad != nil }

func (r *reply) more() bool { return !r.failed() && len(r.values) > 0 }

func (r *reply) next() any {
	if len(r.values) == 0 {
		r.fail(errors.New("the list ended early"))
		return nil
	}
	v := r.values[0]
	r.values = r.values[1:]
	return v
}

func (r *reply) int() int64 {
	switch v := r.next().(type) {
	case int64:
		return v
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			r.fail(errors.New("a text where a number was expected"))
		}
		return n
	default:
		r.fail(fmt.Errorf("a %T where a number was expected", v))
		return 0
	}
}

func (r *reply) string() string {
	v := r.next()
	s, ok := v.(string)
	if !ok {
		r.fail(fmt.Errorf("a %T where a text was expected", v))
	}
	return s
}

func (r *reply) id() ID {
	id, err := ParseID(r.string())
	if err != nil {
		r.fail(err)
	}
	return id
}

func (r *reply) list() *reply { return &reply{values: r.open(r.next()), bad: r.bad} }

// open reads a value as a list; Lua's nil is an empty one.
func (r *reply) open(v any) []any {
	values, ok := v.([]any)
	if !ok && v != nil {
		r.fail(fmt.Errorf("a %T where a list was expected", v))
	}
	return values
}

func (r *reply) fail(err error) {
	if !r.failed() {
		*r.bad = err
	}
}

func (r *reply) err(script string) error {
	if !r.failed() {
		return nil
	}
	return fmt.Errorf("redis script %s: unexpected answer: %w", script, *r.bad)
}
