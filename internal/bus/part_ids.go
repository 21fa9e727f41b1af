package bus

import "slices"

// PartIDs are the platform's ids of a message's parts, as far as they are
// recorded, in the order of the parts.
type PartIDs []PartID

// PartID is the platform's id of a part; "" = it has none, or is gone.
type PartID struct {
	Part int // from 0
	ID   string
}

// Of is a part's id, "" if there is none.
func (p PartIDs) Of(part int) string {
	for _, of := range p {
		if of.Part == part {
			return of.ID
		}
	}
	return ""
}

// Set records a part's id.
func (p *PartIDs) Set(part int, id string) {
	at, known := slices.BinarySearchFunc(*p, part, func(of PartID, part int) int { return of.Part - part })
	if known {
		(*p)[at].ID = id
		return
	}
	*p = slices.Insert(*p, at, PartID{part, id})
}
