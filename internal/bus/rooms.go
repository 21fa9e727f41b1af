package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

const (
	// roomKeeps is how many records a room keeps; it forgets the oldest in
	// eighths of that.
	roomKeeps = 1000

	// roomIdle is how long a room is kept in which nothing happens.
	roomIdle = 30 * 24 * time.Hour

	// roomListed is the most records that one listing returns.
	roomListed = 2000
)

// Rooms is platform.Rooms in Redis, for one platform. All of a platform's
// rooms lie in the slot of its stream S, so that one script may write to many
// of them: concurrent changes are gathered into few round trips.
//
// If the process dies in an Update, the change was made as a whole, with its
// news, or not at all.
type Rooms struct {
	bus     *Bus
	channel string
	beside  [5]string     // what the names of a room's keys begin with
	keep    int           // records a room keeps
	silence time.Duration // of a watch, before it is asked whether it lives
	log     *slog.Logger
	turns   turns
	reads   *gatherer[recordName, string]
	writes  *gatherer[roomWrite, roomWritten]
}

var _ platform.Rooms = (*Rooms)(nil)

// Rooms returns a platform's rooms. They need no closing.
func (b *Bus) Rooms(names envelope.Names, platformName string) *Rooms {
	s := names.Outbound(platformName)
	r := &Rooms{
		bus: b, channel: envelope.Beside(s, "rooms"), keep: roomKeeps, silence: watchSilence,
		log: b.log.With("platform", platformName), turns: turns{of: map[recordName]*turn{}},
	}
	for i, part := range []string{"head", "records", "versions", "places", "gone"} {
		r.beside[i] = envelope.Beside(s, "room:"+part+":")
	}
	r.reads = newGatherer(r.readBatch, func(recordName) int { return 256 })
	r.writes = newGatherer(r.writeBatch, func(w roomWrite) int { return 256 + len(w.data) })
	return r
}

// recordName is where a record lies.
type recordName struct{ room, id string }

// roomWrite is one change: the data takes the place of the version seen.
type roomWrite struct {
	recordName
	seen int64
	data []byte
}

// roomWritten is what became of one: Version is that of the write, or, if
// somebody else was quicker, conflict says what they left.
type roomWritten struct {
	place, version int64
	conflict       bool
	left           string
	gone           bool
}

// Update makes or changes one record.
func (r *Rooms) Update(ctx context.Context, room, id string, change func(platform.Record) []byte) (platform.Record, error) {
	name := recordName{room, id}
	done, err := r.turns.take(ctx, name)
	if err != nil {
		return platform.Record{ID: id}, fmt.Errorf("change a record of room %q: %w", room, err)
	}
	defer done()
	held, err := r.reads.do(ctx, name)
	for err == nil {
		var record platform.Record
		if record, err = parseRecord(id, held); err != nil {
			break
		}
		data := change(record)
		if data == nil {
			return record, nil
		}
		var written roomWritten
		if written, err = r.writes.do(ctx, roomWrite{name, record.Version, data}); err != nil {
			break
		}
		switch {
		case written.gone:
			return platform.Record{ID: id}, platform.ErrRecordGone
		case written.conflict: // somebody got on, so this ends
			held = written.left
		default:
			return platform.Record{ID: id, Place: written.place, Version: written.version, Data: data}, nil
		}
	}
	return platform.Record{ID: id}, fmt.Errorf("change a record of room %q: %w", room, err)
}

// Make makes one record. It takes for granted that there is none: the script
// tells if there is.
func (r *Rooms) Make(ctx context.Context, room, id string, data []byte) (platform.Record, error) {
	written, err := r.writes.do(ctx, roomWrite{recordName{room, id}, 0, data})
	record := platform.Record{ID: id, Place: written.place, Version: written.version, Data: data}
	switch {
	case err == nil && written.gone:
		return platform.Record{ID: id}, platform.ErrRecordGone
	case err == nil && written.conflict:
		record, err = parseRecord(id, written.left)
	}
	if err != nil {
		return platform.Record{ID: id}, fmt.Errorf("make a record of room %q: %w", room, err)
	}
	return record, nil
}

// Get returns one record, or ErrRecordGone.
func (r *Rooms) Get(ctx context.Context, room, id string) (platform.Record, error) {
	held, err := r.reads.do(ctx, recordName{room, id})
	if err != nil {
		return platform.Record{ID: id}, fmt.Errorf("read a record of room %q: %w", room, err)
	}
	if held == "" {
		return platform.Record{ID: id}, platform.ErrRecordGone
	}
	return parseRecord(id, held)
}

// Changed returns what changed since a version, at most 2,000 records at once.
func (r *Rooms) Changed(ctx context.Context, room string, since int64, limit int) ([]platform.Record, int64, error) {
	keys := r.keys(room)
	v, err := r.bus.run(ctx, "room_changed", keys[:3], since, min(max(limit, 0), roomListed), platform.RoomAnswer)
	if err != nil {
		return nil, 0, fmt.Errorf("list what changed in room %q: %w", room, err)
	}
	answer := newReply(v)
	version := answer.int()
	records := readRecords(answer)
	return records, version, answer.err("room_changed")
}

// Before returns what was made before a place, at most 2,000 records at once.
func (r *Rooms) Before(ctx context.Context, room string, place int64, limit int) (records []platform.Record, more bool, err error) {
	from := "+inf"
	if place != 0 {
		from = "(" + strconv.FormatInt(place, 10)
	}
	keys := r.keys(room)
	v, err := r.bus.run(ctx, "room_before", []string{keys[1], keys[3]}, from, min(max(limit, 0), roomListed), platform.RoomAnswer)
	if err != nil {
		return nil, false, fmt.Errorf("list what was before in room %q: %w", room, err)
	}
	answer := newReply(v)
	more = answer.int() == 1
	records = readRecords(answer)
	slices.Reverse(records)
	return records, more, answer.err("room_before")
}

func readRecords(answer *reply) []platform.Record {
	var records []platform.Record
	for answer.more() {
		record, err := parseRecord(answer.string(), answer.string())
		if err != nil {
			answer.fail(err)
		}
		records = append(records, record)
	}
	return records
}

// Signal tells everybody who watches.
func (r *Rooms) Signal(ctx context.Context, room string, data []byte) error {
	if err := r.bus.client.Publish(ctx, r.channel, signalNews(room, data)).Err(); err != nil {
		return fmt.Errorf("signal in room %q: %w", room, err)
	}
	return nil
}

func (r *Rooms) readBatch(ctx context.Context, batch []recordName) ([]string, error) {
	cmds := make([]*redis.StringCmd, len(batch))
	_, err := r.bus.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, name := range batch {
			cmds[i] = p.HGet(ctx, r.keys(name.room)[1], name.id)
		}
		return nil
	})
	answers := make([]string, len(batch))
	for i, cmd := range cmds {
		if cmd.Err() != nil && !errors.Is(cmd.Err(), redis.Nil) {
			return nil, cmd.Err()
		}
		answers[i] = cmd.Val()
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, err
	}
	return answers, nil
}

func (r *Rooms) writeBatch(ctx context.Context, batch []roomWrite) ([]roomWritten, error) {
	var keys []string
	args := []any{r.channel, r.keep, platform.RoomMemory * 1000, roomIdle.Milliseconds()}
	numbers := map[string]int{}
	for _, w := range batch {
		if numbers[w.room] == 0 {
			keys = append(keys, r.keys(w.room)...)
			numbers[w.room] = len(numbers) + 1
		}
		args = append(args, numbers[w.room], w.room, w.id, w.seen, w.data)
	}
	v, err := r.bus.run(ctx, "room_write", keys, args...)
	if err != nil {
		return nil, err
	}
	answers, list := make([]roomWritten, len(batch)), newReply(v)
	for i := range answers {
		one := list.list()
		switch one.int() {
		case 1:
			answers[i] = roomWritten{place: one.int(), version: one.int()}
		case 0:
			answers[i] = roomWritten{conflict: true, left: one.string()}
		default:
			answers[i] = roomWritten{gone: true}
		}
	}
	return answers, list.err("room_write")
}

// maxRoomName bounds what keys are named by. A hash is longer than that, so no
// short name can be taken for one.
const maxRoomName = 64

// keys are where a room lies: head, records, versions, places, gone.
func (r *Rooms) keys(room string) []string {
	if len(room) > maxRoomName {
		sum := sha256.Sum256([]byte(room))
		room = "sha256:" + hex.EncodeToString(sum[:])
	}
	keys := make([]string, len(r.beside))
	for i, prefix := range r.beside {
		keys[i] = prefix + room
	}
	return keys
}
