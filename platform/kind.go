package platform

// Kind is a platform's manifest: what the config may say of it, and how to
// build an adapter.
type Kind struct {
	Name   string // as in the config: webhook, discord
	Help   string // one line
	Fields []Field
	Single string // why a process can have only one platform of it; "" = it can have several
	Groups string // the config's "groups" where it is not set: mention ("" is that too), all or none

	// New builds an adapter from settings that it can use. It has no effect: it
	// is also called only to find out whether they can be used. Its error
	// begins with the name of the field at fault, if it is one's, and bears no
	// secret.
	New func(Settings) (Adapter, error)
}

// FieldType is the type of a config field.
type FieldType string

// The types a config field can have. A Secret named x is written in the
// config as x_env (a variable) or x_file (a file), never as itself.
const (
	FieldString   FieldType = "string"
	FieldBool     FieldType = "bool"
	FieldInt      FieldType = "int"
	FieldDuration FieldType = "duration"
	FieldSecret   FieldType = "secret"
	FieldList     FieldType = "list" // of strings
)

// Field is one config field of a kind.
type Field struct {
	Name     string
	Type     FieldType
	Required bool
	Default  any // string, bool, int, time.Duration or []string, as Type says; nil = zero value
	Help     string
}

// Settings is one platform's part of the config, checked against the kind's
// fields and with its secrets resolved. Values holds, per field name, a
// string (also for a secret), bool, int, time.Duration or []string; every
// declared field is present.
type Settings struct {
	Name   string // the platform's name
	Values map[string]any
}

// Get returns a field's value as T, or T's zero value.
func Get[T any](s Settings, field string) T {
	v, _ := s.Values[field].(T)
	return v
}
