package platform

import (
	"context"
	"errors"
)

// Rooms is what is said in a platform's rooms, kept in the gateway's own
// store for platforms that have none: the state of each message, never the
// way it came about. It is one for all nodes.
//
// Each change of a room raises its version by one, and the record changed
// bears it; where both numbers start is the store's, above those of a room of
// the same name that was lost. So who has seen a room up to a version asks for
// what changed since, and gets each record once, as it is now, however often it
// changed. Every method may be called concurrently; an error is one of the
// store's, and says nothing about whether the change was made.
type Rooms interface {
	// Update makes or changes one record. change is given the record as it is
	// (Data nil if there is none) and returns its new data; nil leaves it as it
	// is. It may be called several times, when somebody else changes the same
	// record, and must have no effect of its own. A record's id is remembered
	// for RoomMemory after it was made, longer than the record itself may be
	// kept: making one that was forgotten meanwhile is ErrRecordGone.
	Update(ctx context.Context, room, id string, change func(Record) []byte) (Record, error)

	// Make makes one record, in one round trip where Update needs two. One that
	// is there is left, and returned, as it is.
	Make(ctx context.Context, room, id string, data []byte) (Record, error)

	// Get returns one record, or ErrRecordGone.
	Get(ctx context.Context, room, id string) (Record, error)

	// Changed returns the records with a version above since, as they are now,
	// in the order of their versions, at most limit of them and about RoomAnswer
	// bytes; and the room's version, 0 of a room with nothing in it. There may
	// be more of them as long as the last one's version is below the room's: ask
	// again from there.
	Changed(ctx context.Context, room string, since int64, limit int) ([]Record, int64, error)

	// Before returns the last records made before place, in the order they were
	// made, at most limit of them and about RoomAnswer bytes; and whether there
	// are more. place 0 is the room's end.
	Before(ctx context.Context, room string, place int64, limit int) (records []Record, more bool, err error)

	// Signal tells everybody who watches, and is kept nowhere.
	Signal(ctx context.Context, room string, data []byte) error

	// Watch calls f for each change and signal of any room, on whatever node,
	// from one goroutine, until ctx ends. What happened while the store could
	// not be reached is not brought later: then f gets Lost, and the watcher
	// asks for what changed. It returns once watching has begun.
	Watch(ctx context.Context, f func(RoomNews)) error
}

// RoomMemory is how long, in seconds, the id of a record is remembered.
const RoomMemory = 24 * 60 * 60

// RoomAnswer is how many bytes of records, in all, one answer brings; the first
// record comes however large it is.
const RoomAnswer = 1 << 20

// Record is one thing in a room.
type Record struct {
	ID      string
	Place   int64 // rises by one in the order in which records were made; never 0
	Version int64 // the room's, when it last changed
	Data    []byte
}

// RoomNews is one thing that a watcher hears. Either Record or Signal is set,
// or Lost.
type RoomNews struct {
	Room   string
	Record *Record
	Signal []byte
	Lost   bool // something may have been missed in any room
}

// ErrRecordGone is returned for a record that is not kept, or no longer.
var ErrRecordGone = errors.New("the room keeps no record of this id")
