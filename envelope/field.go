package envelope

import "slices"

// field is one field of the wire: the one description of it that decoding,
// encoding, the digest and the JSON Schema go by.
type field[T any] struct {
	name string
	ref  func(*T) any // a pointer to where it stands; its type is the field's
	rule rule
	of   []Type // the types that it belongs to; nil = all. Only for Outbound
	mute bool   // has no effect that anybody sees: not in the digest
}

// rule is what a field's value must be, beyond its type. The zero rule allows
// everything.
type rule struct {
	oneOf    []string // strings
	maxBytes int      // strings; 0 = no limit
	web      bool     // strings: an address of http or https
	min, max float64  // numbers, unless both are 0
	above    bool     // numbers: min itself is out
	fallback any      // what absent means, if not the zero value
}

// belongs reports whether the field is one of typ's. Of no known type, all are.
func (f *field[T]) belongs(typ Type) bool {
	return f.of == nil || typ == "" || slices.Contains(f.of, typ)
}

// present reports whether the field of t is there, as value does, without making
// a value of it.
func (f *field[T]) present(t *T) bool {
	switch p := f.ref(t).(type) {
	case *string:
		return *p != ""
	case *bool:
		return *p
	case **bool:
		return *p != nil
	case *int64:
		return *p != 0
	case *float64:
		return *p != 0
	case *[]byte:
		return len(*p) > 0
	case *[]string:
		return len(*p) > 0
	case *map[string]any:
		return len(*p) > 0
	case *[]Media:
		return len(*p) > 0
	case *View:
		return len(*p) > 0
	}
	return false
}

// value is what the field of t holds: a string, bool, int64, float64, []byte,
// []string, map[string]any, []Media or View; or nil, since a zero value means
// absent.
func (f *field[T]) value(t *T) any {
	switch p := f.ref(t).(type) {
	case *string:
		return unless(*p == "", *p)
	case *bool:
		return unless(!*p, *p)
	case **bool:
		if *p == nil {
			return nil
		}
		return **p
	case *int64:
		return unless(*p == 0, *p)
	case *float64:
		return unless(*p == 0, *p)
	case *[]byte:
		return unless(len(*p) == 0, *p)
	case *[]string:
		return unless(len(*p) == 0, *p)
	case *map[string]any:
		return unless(len(*p) == 0, *p)
	case *[]Media:
		return unless(len(*p) == 0, *p)
	case *View:
		return unless(len(*p) == 0, *p)
	}
	return nil
}

func unless[V any](absent bool, v V) any {
	if absent {
		return nil
	}
	return v
}

// places are where each name stands in a table.
func places[T any](fields []field[T]) map[string]int {
	at := make(map[string]int, len(fields))
	for i := range fields {
		at[fields[i].name] = i
	}
	return at
}

// names lists what the fields are called, in the table's order.
func names[T any](fields []field[T]) []string {
	list := make([]string, len(fields))
	for i := range fields {
		list[i] = fields[i].name
	}
	return list
}
