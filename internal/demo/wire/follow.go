package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// Follow adds to log what passes on the inbound stream and on one platform's
// outbound stream, from their beginnings on, and that stream's receipts. It
// ends with ctx, returning nil, or with Redis.
//
// An entry leaves its stream when it is finished: one that is finished faster
// than it can be read here shows as its receipt alone.
func Follow(ctx context.Context, client redis.UniversalClient, names envelope.Names, platform string, log *Log) error {
	f := &follower{client: client, log: log, inbound: names.InboundStream, outbound: names.Outbound(platform)}
	f.seen = map[string]bus.ID{f.inbound: {}, f.outbound: {}}
	receipts := client.Subscribe(ctx, bus.FinishedChannel(f.outbound))
	defer receipts.Close() //nolint:errcheck // nothing is left in it
	if _, err := receipts.Receive(ctx); err != nil {
		return ended(ctx, fmt.Errorf("following receipts: %w", err))
	}
	group, ctx := errgroup.WithContext(ctx)
	found := make(chan []redis.XStream)
	group.Go(func() error { return f.watch(ctx, found) })
	group.Go(func() error {
		for {
			select {
			case entries := <-found:
				f.take(entries)
			case m, open := <-receipts.Channel():
				if !open {
					return ctx.Err()
				}
				// The receipt's envelope was there before it: it goes first.
				entries, err := f.read(ctx, f.seen, -1)
				if err != nil {
					return err
				}
				f.take(entries)
				for _, receipt := range bus.Receipts(m.Payload) {
					f.log.Add(receiptItem(f.outbound, receipt))
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	return ended(ctx, group.Wait())
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// follower owns what has been shown; only the goroutine that adds to the log
// touches seen.
type follower struct {
	client            redis.UniversalClient
	log               *Log
	inbound, outbound string
	seen              map[string]bus.ID // the newest shown, per stream
}

// watch waits for entries and hands them on. It keeps its own place: what was
// shown meanwhile comes a second time, and take drops it.
func (f *follower) watch(ctx context.Context, found chan<- []redis.XStream) error {
	place := map[string]bus.ID{f.inbound: {}, f.outbound: {}}
	for {
		entries, err := f.read(ctx, place, time.Second)
		if err != nil {
			return err
		}
		for _, s := range entries {
			if id, err := bus.ParseID(s.Messages[len(s.Messages)-1].ID); err == nil {
				place[s.Stream] = id
			}
		}
		if len(entries) == 0 {
			continue
		}
		select {
		case found <- entries:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// read returns what follows the place, waiting for it up to block; a negative
// block does not wait.
func (f *follower) read(ctx context.Context, place map[string]bus.ID, block time.Duration) ([]redis.XStream, error) {
	got, err := f.client.XRead(ctx, &redis.XReadArgs{
		Streams: []string{f.inbound, f.outbound, place[f.inbound].String(), place[f.outbound].String()},
		Count:   100, Block: block,
	}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("following the streams: %w", err)
	}
	return got, nil
}

// take shows what has not been shown, events first: they are what an envelope
// answers.
func (f *follower) take(streams []redis.XStream) {
	for _, which := range []struct {
		stream string
		item   func(stream, id string, data []byte) Item
	}{{f.inbound, eventItem}, {f.outbound, envelopeItem}} {
		for _, s := range streams {
			if s.Stream != which.stream {
				continue
			}
			for _, m := range s.Messages {
				id, err := bus.ParseID(m.ID)
				if err != nil || id.Compare(f.seen[s.Stream]) <= 0 {
					continue
				}
				f.seen[s.Stream] = id
				data, _ := m.Values["data"].(string)
				f.log.Add(which.item(s.Stream, m.ID, []byte(data)))
			}
		}
	}
}
