package bus

import (
	"context"
	"fmt"
)

// DrainOutbox pushes what a Cluster's settlements could not push themselves:
// receipts for lists in other slots. Each is pushed at least once and always
// the same; if the process dies between push and delete it is pushed again.
// Drains of one Stream take turns, or each would push what the other does. It
// returns how many met a key that is no list.
func (s *Stream) DrainOutbox(ctx context.Context) (foreign int, err error) {
	s.draining.Lock()
	defer s.draining.Unlock()
	for {
		entries, err := s.bus.client.XRangeN(ctx, s.keys.outbox, "-", "+", 128).Result()
		if err != nil {
			return foreign, fmt.Errorf("read %s: %w", s.keys.outbox, err)
		}
		for _, e := range entries {
			list, _ := e.Values["list"].(string)
			v, err := s.bus.run(ctx, "push", []string{list}, e.Values["data"], e.Values["ttl"], e.Values["cap"])
			if err != nil {
				return foreign, err
			}
			if n, _ := v.(int64); n > 0 {
				foreign++
			}
			if err := s.bus.client.XDel(ctx, s.keys.outbox, e.ID).Err(); err != nil {
				return foreign, fmt.Errorf("delete from %s: %w", s.keys.outbox, err)
			}
		}
		if len(entries) == 0 {
			return foreign, nil
		}
	}
}
