package bus

import "context"

// Rereader reads entries again, each caller its one, many a round trip: those
// that are asked for while one is under way make up the next. Under a backlog
// hundreds are asked for at once, and with a round trip each they would take
// the connections, and the time, of the ledger that all of them wait for next.
//
// It is safe for concurrent use.
type Rereader struct {
	stream *Stream
	ration Ration // of the one batch under way
	reads  *gatherer[ID, []Message]
}

// NewRereader makes the reader of a stream's entries.
func (s *Stream) NewRereader() *Rereader {
	r := &Rereader{stream: s}
	r.reads = newGatherer(r.readBatch, func(ID) int { return batchBytes / r.ration.Count() })
	return r
}

// Read returns an entry as it lies in the stream. found is false for one that
// is gone.
func (r *Rereader) Read(ctx context.Context, id ID) (m Message, found bool, err error) {
	messages, err := r.reads.do(ctx, id)
	if err != nil || len(messages) == 0 {
		return Message{}, false, err
	}
	return messages[0], true, nil
}

// readBatch answers each id with its entry, or none.
func (r *Rereader) readBatch(ctx context.Context, ids []ID) ([][]Message, error) {
	messages, err := r.stream.Fetch(ctx, ids)
	if err != nil {
		r.ration.Less()
		return nil, err
	}
	if len(messages) > 0 {
		r.ration.More(messages)
	}
	answers := make([][]Message, len(ids))
	for i, id := range ids { // those found are in the order of ids
		if len(messages) > 0 && messages[0].ID == id {
			answers[i], messages = messages[:1:1], messages[1:]
		}
	}
	return answers, nil
}
