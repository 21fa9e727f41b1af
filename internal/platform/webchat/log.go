package webchat

import "github.com/posternhq/postern/platform"

// What a room's log holds at most. A socket that is further behind reads on
// in the store.
const (
	logEntries = 256
	logBytes   = 1 << 20
)

// roomLog is the newest records of a room that has sockets, in the order of
// their versions, each as it is now and ready to be sent. Sockets have a place
// in it instead of a queue each. The room's mutex guards it.
type roomLog struct {
	start, end int64 // it holds every record with start < version ≤ end
	entries    []entry
	bytes      int
	newest     map[string]int64 // by record id: the version of its entry
}

type entry struct {
	version int64
	id      string
	to      string // who alone may see it
	shown   []byte // nil: there is a newer entry of the same record
}

func newLog(version int64) roomLog {
	return roomLog{start: version, end: version, newest: map[string]int64{}}
}

// add appends a record of a version above end.
func (l *roomLog) add(r platform.Record) {
	to, b := shown(r)
	if old, ok := l.newest[r.ID]; ok {
		for i := len(l.entries) - 1; i >= 0; i-- {
			if e := &l.entries[i]; e.version == old {
				l.bytes -= len(e.shown)
				e.shown = nil
				break
			}
		}
	}
	l.end = r.Version
	l.newest[r.ID] = r.Version
	l.entries = append(l.entries, entry{version: r.Version, id: r.ID, to: to, shown: b})
	l.bytes += len(b)
	l.drop(func(e entry, left int) bool { return left > logEntries || l.bytes > logBytes })
}

// forget drops what has a version up to this one: every socket has been sent
// it.
func (l *roomLog) forget(version int64) {
	l.drop(func(e entry, _ int) bool { return e.version <= version })
}

// drop drops entries from the front as long as it is said to.
func (l *roomLog) drop(again func(e entry, left int) bool) {
	n := 0
	for n < len(l.entries) && again(l.entries[n], len(l.entries)-n) {
		e := l.entries[n]
		l.bytes -= len(e.shown)
		l.start = e.version
		if l.newest[e.id] == e.version {
			delete(l.newest, e.id)
		}
		n++
	}
	if n > 0 {
		l.entries = append(l.entries[:0:0], l.entries[n:]...)
	}
}

// after collects what a visitor may see above a version, at most so many
// bytes of it, and up to which version that is. It is the caller's until the
// room changes: the slices are never written to. ok is false if the log
// begins later.
func (l *roomLog) after(version int64, visitor string, most int) (records [][]byte, upTo int64, ok bool) {
	if version < l.start {
		return nil, 0, false
	}
	first := len(l.entries)
	for first > 0 && l.entries[first-1].version > version {
		first--
	}
	upTo = version
	size := 0
	for _, e := range l.entries[first:] {
		if e.shown != nil && (e.to == "" || e.to == visitor) {
			if size += len(e.shown); size > most && len(records) > 0 {
				return records, upTo, true
			}
			records = append(records, e.shown)
		}
		upTo = e.version
	}
	return records, max(upTo, l.end), true
}
