package outbound

import (
	"sync"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// memory keeps, over the tenures of one process, what became of parts that
// Redis could not be told of: the lease lapsed between the platform's answer
// and our record. The claim then reads as "may have been sent"; who has the
// answer in memory need not wonder. Another process has not, and does.
type memory struct {
	mutex sync.Mutex
	parts map[partName]knowledge
}

// partName is one part under the token that marked it: another owner's mark
// since then makes what we know of it worthless.
type partName struct {
	claim, operation, token string
	part                    int
}

// knowledge is what became of a part.
type knowledge struct {
	sent      bool
	messageID string // if it was sent
	noted     time.Time
}

// memoryLasts bounds what nobody asks for, because another node finished it.
const memoryLasts = time.Hour

func newMemory() *memory { return &memory{parts: map[partName]knowledge{}} }

// note keeps what became of a part.
func (m *memory) note(name partName, f knowledge) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	f.noted = time.Now()
	for k, v := range m.parts {
		if f.noted.Sub(v.noted) > memoryLasts {
			delete(m.parts, k)
		}
	}
	m.parts[name] = f
}

// recall says what became of a part, each time that it is asked: a tenure may
// end between the question and the record that it is for.
func (m *memory) recall(name partName) (knowledge, bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	f, ok := m.parts[name]
	return f, ok
}

// empty reports whether nothing is kept.
func (m *memory) empty() bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return len(m.parts) == 0
}

// forget lets go of what became of a part.
func (m *memory) forget(name partName) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	delete(m.parts, name)
}

// partName names a part of the operation that an entry's claim tells of, as
// its owner marked it. A stream's may be another snapshot's, whose entry has
// left: it is known by its place in the stream.
func (b *books) partName(e *entry, owner string, part int) partName {
	claim := e.trial.claim
	operation := e.text()
	if claim.Stream {
		operation = nameOf(e.key, claim.Snapshot)
	}
	return partName{b.opener.claimKey(e), operation, owner, part}
}

// remember keeps what became of a part that Redis could not be told of.
func (b *books) remember(e *entry, part int, f knowledge) {
	b.memory.note(b.partName(e, e.trial.claim.Owner, part), f)
}

// unsent keeps that the open part was not sent: whether its mark has reached
// Redis is not known.
func (b *books) unsent(e *entry) {
	b.memory.note(b.partName(e, b.token, e.trial.claim.Part), knowledge{})
}

// unknown forgets what became of the open part before: it is about to be sent.
func (b *books) unknown(e *entry) {
	if b.memory.empty() { // as nearly always: spare the name
		return
	}
	b.memory.forget(b.partName(e, b.token, e.trial.claim.Part))
}

// recall makes use of what an earlier tenure of this process knows of the
// part that the claim says may have been sent, if nobody has marked it since.
// It reports whether it knew.
func (b *books) recall(e *entry) bool {
	claim := &e.trial.claim
	f, ok := b.memory.recall(b.partName(e, claim.Owner, claim.Part))
	switch {
	case !ok:
		return false
	case f.sent:
		b.advance(e, f.messageID)
	default:
		claim.State = bus.ClaimClaimed
	}
	return true
}
