package outbound

import "slices"

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
