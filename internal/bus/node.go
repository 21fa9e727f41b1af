package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// Node is a gateway node's entry in the registry.
type Node struct {
	ID          string    `json:"id"`
	Incarnation string    `json:"incarnation"` // random, one per process
	Host        string    `json:"host"`
	PID         int       `json:"pid"`
	Version     string    `json:"version"`
	Started     time.Time `json:"started"`
	HTTP        string    `json:"http,omitempty"`
	Active      []string  `json:"active"` // the platforms whose lease it holds
	Platforms   []string  `json:"platforms"`
	Unfit       []string  `json:"unfit,omitempty"`   // of them, those that it cannot reach now
	Leaving     bool      `json:"leaving,omitempty"` // it stops
}

// ErrReplaced says that a newer process has taken over our node id.
var ErrReplaced = errors.New("another process with this node id has started")

// RegisterNode writes our entry, or keeps it alive, for length. At the start
// it replaces whoever stands there, so that a restart is never delayed; later
// an entry that is not ours is ErrReplaced. anew: there was none, so that at
// any time but the start Redis has lost it.
func (b *Bus) RegisterNode(ctx context.Context, names envelope.Names, n Node, length time.Duration, start bool) (anew bool, err error) {
	text, err := json.Marshal(n)
	if err != nil {
		return false, fmt.Errorf("encode the node's entry: %w", err)
	}
	first := ""
	if start {
		first = "1"
	}
	v, err := b.run(ctx, "node_renew", []string{names.Node(n.ID)}, n.Incarnation, text, length.Milliseconds(), first)
	if err != nil {
		return false, err
	}
	is, _ := v.(int64)
	if is == 0 {
		return false, ErrReplaced
	}
	_ = b.client.SAdd(ctx, nodeIDs(names), n.ID).Err() // a Redis that is full takes it at a later renewal
	return is == 2, nil
}

// nodeIDs is the set of ids that may have an entry. Who is in it and has none
// is dead; an entry itself is the only word on who lives.
func nodeIDs(names envelope.Names) string { return names.Namespace + ":nodes" }

// UnregisterNode deletes our entry, if it is still ours.
func (b *Bus) UnregisterNode(ctx context.Context, names envelope.Names, n Node) error {
	_, err := b.run(ctx, "node_drop", []string{names.Node(n.ID)}, n.Incarnation)
	return err
}

// Nodes lists the live nodes, in no order. Its cost is by their number, not
// by how much else is in Redis.
func (b *Bus) Nodes(ctx context.Context, names envelope.Names) ([]Node, error) {
	ids, err := b.client.SMembers(ctx, nodeIDs(names)).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", nodeIDs(names), err)
	}
	pipe := b.client.Pipeline()
	texts := make([]*redis.StringCmd, len(ids))
	for i, id := range ids {
		texts[i] = pipe.Get(ctx, names.Node(id))
	}
	_, _ = pipe.Exec(ctx) // each answer bears its own error
	var out []Node
	for i, text := range texts {
		var n Node
		switch err := text.Err(); {
		case errors.Is(err, redis.Nil): // dead; should it come back, it adds itself again
			_ = b.client.SRem(ctx, nodeIDs(names), ids[i]).Err()
		case err != nil && !refused(classify(err)):
			return nil, fmt.Errorf("read %s: %w", names.Node(ids[i]), err)
		case err == nil && json.Unmarshal([]byte(text.Val()), &n) == nil: // else it is not ours to read
			out = append(out, n)
		}
	}
	return out, nil
}
