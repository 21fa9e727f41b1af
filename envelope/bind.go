package envelope

import (
	"fmt"
	"slices"
	"strconv"
)

// binder moves a tree's members into structs by the tables of fields. After a
// fault, of which it keeps the first, it goes on with the next field; lists it
// leaves, lest a long one of nothing but faults take long.
type binder struct {
	fault   *Error
	unknown []string // paths of what no table names
	ignored []string // fields of other types than the envelope's
}

func (b *binder) fail(err *Error) {
	if b.fault == nil {
		b.fault = err
	}
}

// outbound binds an envelope and checks what its type needs.
func (b *binder) outbound(tree map[string]any) *Outbound {
	o := &Outbound{}
	// The table begins with type, so o.Type stands before it is asked for.
	bindMap(b, outboundFields, outboundPlaces, "", tree, o, func(f *field[Outbound]) bool { return f.belongs(o.Type) })
	if o.Type == "" {
		b.fail(invalid("type", "missing or empty: expected one of %s", quoted(types())))
		return o
	}
	// A seq of 0 is a seq; otherwise the zero value means absent.
	there := func(name string) bool {
		return outboundFields[outboundPlaces[name]].present(o) || name == "seq" && tree[name] != nil
	}
	for _, n := range needsOf[o.Type] {
		if n.met(there) {
			continue
		}
		if err := n.check(there, "", "type "+string(o.Type)); err != nil {
			b.fail(err)
		}
	}
	b.requires(o)
	return o
}

// requires refuses what the sender insists on and this version knows nothing
// of, or the type has no use for.
func (b *binder) requires(o *Outbound) {
	if len(o.Requires) == 0 {
		return
	}
	known := names(outboundFields)
	for _, name := range o.Requires {
		switch {
		case b.fault != nil:
			return
		case !slices.Contains(known, name):
			b.fail(&Error{Code: CodeUnsupported, Field: "requires", Message: fmt.Sprintf("%s is no field that this gateway knows%s",
				strconv.Quote(shorten(name, maxShown)), didYouMean(name, known))})
		case slices.Contains(b.ignored, name):
			b.fail(&Error{Code: CodeUnsupported, Field: "requires", Message: fmt.Sprintf("type %s has no use for %q", o.Type, name)})
		}
	}
}

// has reports whether the named field of t is present.
func has[T any](fields []field[T], t *T, name string) bool {
	for i := range fields {
		if fields[i].name == name {
			return fields[i].present(t)
		}
	}
	return false
}

// bindMap binds the members of m, which stands at a path, to the fields of t.
// Fields that use refuses are left out and noted; a nil use takes all.
func bindMap[T any](b *binder, fields []field[T], places map[string]int, at string, m map[string]any, t *T, use func(*field[T]) bool) {
	var room [16]int
	found := room[:0]
	for name := range m {
		if i, ok := places[name]; ok {
			found = append(found, i)
		}
	}
	slices.Sort(found) // in the table's order, whatever the map's
	for _, i := range found {
		f := &fields[i]
		switch v := m[f.name]; {
		case v == nil: // as if absent
		case use != nil && !use(f):
			b.ignored = append(b.ignored, f.name)
		default:
			b.set(f.ref(t), v, f.rule, join(at, f.name))
		}
	}
	if len(found) == len(m) {
		return
	}
	for name := range m {
		if _, known := places[name]; !known {
			b.unknown = append(b.unknown, join(at, name))
		}
	}
}

// set puts v where ref points if it is of that type and within the rule.
func (b *binder) set(ref, v any, r rule, at string) {
	switch p := ref.(type) {
	case *string:
		if s, ok := v.(string); !ok {
			b.fail(expected(at, "a string", v))
		} else if err := r.checkText(s, at); err != nil {
			b.fail(err)
		} else {
			*p = s
		}
	case *bool:
		if t, ok := v.(bool); !ok {
			b.fail(expected(at, "true or false", v))
		} else {
			*p = t
		}
	case **bool:
		if t, ok := v.(bool); !ok {
			b.fail(expected(at, "true or false", v))
		} else {
			*p = &t
		}
	case *float64:
		if f, ok := toFloat(v); !ok {
			b.fail(expected(at, "a number", v))
		} else if err := r.checkNumber(f, at, v); err != nil {
			b.fail(err)
		} else {
			*p = f
		}
	case *int64:
		if i, ok := v.(int64); !ok {
			b.fail(expected(at, "an integer", v))
		} else if err := r.checkNumber(float64(i), at, v); err != nil {
			b.fail(err)
		} else {
			*p = i
		}
	case *[]byte:
		b.bytes(p, v, at)
	case *map[string]any:
		b.free(p, v, at)
	case *[]string:
		b.strings(p, v, at)
	case *[]Media:
		b.media(p, v, at)
	case *View:
		b.view(p, v, at)
	}
}

// toFloat reads any number.
func toFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
