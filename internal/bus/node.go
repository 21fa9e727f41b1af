package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
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
}

// ErrReplaced says that a newer process has taken over our node id.
var ErrReplaced = errors.New("another process with this node id has started")

// RegisterNode writes our entry, or keeps it alive, for length. At the start
// it replaces whoever stands there, so that a restart is never delayed; later
// an entry that is not ours is ErrReplaced.
func (b *Bus) RegisterNode(ctx context.Context, names envelope.Names, n Node, length time.Duration, start bool) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode the node's entry: %w", err)
	}
	first := ""
	if start {
		first = "1"
	}
	v, err := b.run(ctx, "node_renew", []string{names.Node(n.ID)}, n.Incarnation, text, length.Milliseconds(), first)
	if err != nil {
		return err
	}
	if ours, _ := v.(int64); ours != 1 {
		return ErrReplaced
	}
	return nil
}

// UnregisterNode deletes our entry, if it is still ours.
func (b *Bus) UnregisterNode(ctx context.Context, names envelope.Names, n Node) error {
	_, err := b.run(ctx, "node_drop", []string{names.Node(n.ID)}, n.Incarnation)
	return err
}

// Nodes lists the live nodes, in no order.
func (b *Bus) Nodes(ctx context.Context, names envelope.Names) ([]Node, error) {
	var mutex sync.Mutex // a Cluster's masters are asked side by side
	var out []Node
	err := b.eachMaster(ctx, func(ctx context.Context, c redis.Cmdable) error {
		keys := c.Scan(ctx, 0, escapeGlob(names.Node(""))+"*", 512).Iterator()
		for keys.Next(ctx) {
			text, err := b.client.Get(ctx, keys.Val()).Result()
			if err != nil {
				continue // it has expired since, or is not ours to read
			}
			var n Node
			if json.Unmarshal([]byte(text), &n) == nil {
				mutex.Lock()
				out = append(out, n)
				mutex.Unlock()
			}
		}
		return keys.Err()
	})
	return out, err
}

func (b *Bus) eachMaster(ctx context.Context, f func(context.Context, redis.Cmdable) error) error {
	if c, ok := b.client.(*redis.ClusterClient); ok {
		return c.ForEachMaster(ctx, func(ctx context.Context, m *redis.Client) error { return f(ctx, m) })
	}
	return f(ctx, b.client)
}

func escapeGlob(s string) string {
	var out []rune
	for _, r := range s {
		if r == '*' || r == '?' || r == '[' || r == ']' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}
