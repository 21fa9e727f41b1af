package envelope

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// object is a map of the tree on its way out: its members in order.
type object []member

type member struct {
	key   string
	value any
}

// maxWritten is how many levels are written: beyond it, a map holds itself.
const maxWritten = 1000

// toTree turns a Go value into what the two writers write: nil, a bool, an
// int64, uint64, float64, string, []byte, []any or object.
func toTree(v reflect.Value, depth int) (any, error) {
	if depth > maxWritten {
		return nil, errors.New("too deep: a map or list that holds itself?")
	}
	if !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return nil, nil
	}
	if tree, ok, err := marshaled(v); ok {
		return tree, err
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return toTree(v.Elem(), depth+1)
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint(), nil
	case reflect.Float32, reflect.Float64:
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%v is no number that JSON knows", f)
		}
		return f, nil
	case reflect.String:
		return strings.ToValidUTF8(v.String(), "\ufffd"), nil
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Bytes(), nil
		}
		return listTree(v, depth)
	case reflect.Map:
		return mapTree(v, depth)
	case reflect.Struct:
		return structTree(v, depth)
	}
	return nil, fmt.Errorf("a %s cannot be written", v.Type())
}

// marshaled writes what marshals itself as the JSON, or the text, it gives.
func marshaled(v reflect.Value) (tree any, ok bool, err error) {
	if !v.CanInterface() {
		return nil, false, nil
	}
	switch m := v.Interface().(type) {
	case json.Number:
		return literal(string(m)), true, nil
	case json.Marshaler:
		data, err := m.MarshalJSON()
		if err != nil {
			return nil, true, err
		}
		tree, fault := parseValue(data)
		if fault != nil {
			return nil, true, fault
		}
		ordered, err := toTree(reflect.ValueOf(tree), 0)
		return ordered, true, err
	case encoding.TextMarshaler:
		text, err := m.MarshalText()
		return strings.ToValidUTF8(string(text), "\ufffd"), true, err
	}
	return nil, false, nil
}

func listTree(v reflect.Value, depth int) (any, error) {
	list := make([]any, v.Len())
	for i := range list {
		var err error
		if list[i], err = toTree(v.Index(i), depth+1); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func mapTree(v reflect.Value, depth int) (any, error) {
	if v.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("a %s cannot be written: its keys are not strings", v.Type())
	}
	o := make(object, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		value, err := toTree(it.Value(), depth+1)
		if err != nil {
			return nil, err
		}
		o = append(o, member{strings.ToValidUTF8(it.Key().String(), "\ufffd"), value})
	}
	slices.SortFunc(o, func(a, b member) int { return strings.Compare(a.key, b.key) })
	return o, nil
}

// structTree goes by the json tags, and leaves out what encoding/json would.
func structTree(v reflect.Value, depth int) (any, error) {
	t := v.Type()
	o := make(object, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || options == "omitempty" && empty(v.Field(i)) {
			continue
		}
		if name == "" {
			name = f.Name
		}
		value, err := toTree(v.Field(i), depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		o = append(o, member{name, value})
	}
	return o, nil
}

// empty is what encoding/json means by it.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
