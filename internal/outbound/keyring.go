package outbound

import (
	"slices"

	"github.com/posternhq/postern/internal/bus"
)

// keyring knows the unfinished entries of each key.
type keyring map[string][]*entry

func (k keyring) add(e *entry) {
	if e.key != "" {
		k[e.key] = append(k[e.key], e)
	}
}

func (k keyring) remove(e *entry) {
	left := slices.DeleteFunc(k[e.key], func(o *entry) bool { return o == e })
	if len(left) == 0 {
		delete(k, e.key)
	} else {
		k[e.key] = left
	}
}

// lane is the lane of a key's oldest unfinished entry: what targets the key
// goes there too.
func (k keyring) lane(key string) (lane string, ok bool) {
	if all := k[key]; len(all) > 0 {
		return all[0].lane, true
	}
	return "", false
}

// sameLane reports whether the entry with that id, of the same key, is in e's
// own lane: e, at its head, would wait for what waits for e.
func (k keyring) sameLane(e *entry, id bus.ID) bool {
	return slices.ContainsFunc(k[e.key], func(o *entry) bool { return o.id == id && o.lane == e.lane })
}
