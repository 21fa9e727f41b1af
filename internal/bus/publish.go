package bus

import "context"

// publishing is one event for the script publish.
type publishing struct {
	keys []string // seen, cursor, epoch
	args []any
	size int
}

func (p publishing) bytes() int { return p.size + 512 }

// publication is what the script answered to one of them.
type publication struct {
	published bool
	stale     bool // a connection with a higher epoch has published
}

// publishBatch publishes the events that came at once with one call, in the
// order in which they came: each costs Redis a good part less than by a call of
// its own.
func (i *Inbound) publishBatch(ctx context.Context, batch []publishing) ([]publication, error) {
	keys := append(make([]string, 0, 1+3*len(batch)), i.name)
	args := append(make([]any, 0, 1+10*len(batch)), i.group)
	for _, p := range batch {
		keys, args = append(keys, p.keys...), append(args, p.args...)
	}
	v, err := i.bus.run(ctx, "publish", keys, args...)
	if err != nil {
		return nil, err
	}
	answers, list := make([]publication, len(batch)), newReply(v)
	for n := range answers {
		switch list.list().int() {
		case 1:
			answers[n].published = true
		case -1:
			answers[n].stale = true
		}
	}
	return answers, list.err("publish")
}
