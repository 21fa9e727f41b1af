package envelope

import (
	"fmt"
	"slices"
	"strconv"
)

// maxRemarks is how many unknown, and how many unused, fields are named.
const maxRemarks = 16

// misspelt is the end of an error about a field that is missing, if a field
// that nobody knows may be what was meant.
func misspelt(unknown []string) string {
	for _, name := range unknown {
		if hint := didYouMean(name, names(outboundFields)); hint != "" {
			return "; there is an unknown field " + strconv.Quote(name) + hint
		}
	}
	return ""
}

// remarks returns the unknown fields, and sentences about them and about the
// fields that the type has no use for. Both are bounded in number and length.
func (b *binder) remarks(typ Type) (unknown, warnings []string) {
	if len(b.unknown)+len(b.ignored) == 0 {
		return nil, nil
	}
	slices.Sort(b.unknown)
	known := names(outboundFields)
	for i, name := range b.unknown {
		if i == maxRemarks {
			warnings = append(warnings, fmt.Sprintf("%d more unknown fields are ignored", len(b.unknown)-i))
			break
		}
		short := shorten(name, maxFieldName)
		unknown = append(unknown, short)
		warnings = append(warnings, "unknown field "+strconv.Quote(short)+" is ignored"+didYouMean(name, known))
	}
	for i, name := range b.ignored {
		if i == maxRemarks {
			warnings = append(warnings, fmt.Sprintf("%d more fields are ignored that type %s has no use for", len(b.ignored)-i, typ))
			break
		}
		warnings = append(warnings, fmt.Sprintf("field %q is ignored: type %s has no use for it", name, typ))
	}
	return unknown, warnings
}
