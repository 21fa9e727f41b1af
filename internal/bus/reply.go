package bus

import (
	"fmt"
	"strconv"
)

// reply walks through a script's answer, value by value. What does not fit is
// remembered and told once by err, so that the reading code stays plain.
type reply struct {
	values []any
	bad    error
}

func newReply(v any) *reply {
	values, ok := v.([]any)
	r := &reply{values: values}
	if !ok {
		r.bad = fmt.Errorf("a %T where a list was expected", v)
	}
	return r
}

func (r *reply) more() bool { return r.bad == nil && len(r.values) > 0 }

func (r *reply) next() any {
	if len(r.values) == 0 {
		if r.bad == nil {
			r.bad = fmt.Errorf("the list ended early")
		}
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
		if err != nil && r.bad == nil {
			r.bad = fmt.Errorf("%q where a number was expected", v)
		}
		return n
	default:
		return 0
	}
}

func (r *reply) string() string {
	s, _ := r.next().(string)
	return s
}

func (r *reply) list() *reply {
	v := r.next()
	if v == nil {
		return &reply{}
	}
	l := newReply(v)
	if l.bad != nil && r.bad == nil {
		r.bad = l.bad
	}
	return l
}

func (r *reply) err(script string) error {
	if r.bad == nil {
		return nil
	}
	return fmt.Errorf("redis script %s: unexpected answer: %w", script, r.bad)
}
