package webchat

import (
	"context"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/platform"
)

// batchBytes is how much of a room's log goes into one frame; frameBytes, how
// much of what the store answers. A single record may be larger.
const (
	batchBytes = 64 << 10
	frameBytes = 512 << 10
)

// write sends what there is until the connection ends. What waits in the
// outbox goes before what the room has new: so welcome goes first.
func (s *socket) write() {
	defer s.end()
	var buf []byte
	for {
		var err error
		select {
		case <-s.ctx.Done():
			return
		case frame := <-s.outbox:
			err = s.send(frame)
		case <-s.roused:
			for more := true; more && err == nil; {
				select {
				case frame := <-s.outbox:
					err = s.send(frame)
				default:
					buf, more, err = s.sendNews(buf[:0])
				}
			}
			if cap(buf) > 2*batchBytes {
				buf = nil
			}
		}
		if err != nil {
			return
		}
	}
}

// sendNews sends one frame of what changed in the room since the page was
// told last. more is false when there was nothing.
func (s *socket) sendNews(buf []byte) (_ []byte, more bool, err error) {
	at := s.at.Load()
	if at < 0 {
		return buf, false, nil
	}
	s.room.mu.Lock()
	records, upTo, ok := s.room.log.after(at, s.visitor.id, batchBytes)
	s.room.mu.Unlock()
	if !ok {
		if records, upTo, err = s.changedSince(at); err != nil {
			s.close(closeAgain, "the room store does not answer; connect again")
			return buf, false, err
		}
	}
	if upTo <= at {
		return buf, false, nil
	}
	s.at.Store(upTo)
	if len(records) == 0 {
		return buf, true, nil // all of it is for others
	}
	buf = appendRecords(buf, upTo, records)
	return buf, true, s.send(buf)
}

// changedSince asks the store, for a page that is too far behind for the log.
func (s *socket) changedSince(at int64) (records [][]byte, upTo int64, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, storeWithin)
	defer cancel()
	changed, version, err := s.hub.host.Rooms().Changed(ctx, s.room.id, at, changedAtOnce)
	if err != nil {
		return nil, 0, fmt.Errorf("ask what changed in room %s: %w", s.room.id, err)
	}
	changed, upTo = fit(changed, version)
	return s.mine(changed), upTo, nil
}

// fit cuts an answer to as much as goes into one frame, and says up to which
// version it is complete then: the room's own, if it is empty.
func fit(changed []platform.Record, version int64) ([]platform.Record, int64) {
	changed = changed[:fitting(changed)]
	if len(changed) > 0 {
		version = changed[len(changed)-1].Version
	}
	return changed, version
}

// fitting is how many of the records go into one frame: one at least.
func fitting(records []platform.Record) int {
	size := 0
	for i, r := range records {
		if size += len(r.Data); size > frameBytes && i > 0 {
			return i
		}
	}
	return len(records)
}

func (s *socket) send(frame []byte) error {
	s.writing.Store(time.Now().UnixNano())
	defer s.writing.Store(0)
	return s.conn.Write(context.Background(), websocket.MessageText, frame)
}
