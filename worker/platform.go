package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// Platform is what a gateway says of a platform.
type Platform struct {
	Name         string
	Known        bool   // false: no gateway has ever described it; the rest is zero
	Kind         string // webchat, discord …
	State        string // connected, disconnected …, as postern status shows it
	Paused       bool   // by an operator: what is published waits
	BacklogCap   int64  // 0 = none
	Node         string // the active gateway node
	Capabilities json.RawMessage
}

// BacklogError says that so much waits for a platform that nothing should be
// added. Publish once more when some of it is delivered.
type BacklogError struct {
	Platform     string
	Waiting, Cap int64
	Paused       bool
}

// Error says how much waits, and what to do.
func (e *BacklogError) Error() string {
	why, cure := "", "publish again later, or raise delivery.backlog_cap in the gateway's config"
	if e.Paused {
		why, cure = ", which is paused", fmt.Sprintf("an operator resumes it: postern resume %s", e.Platform)
	}
	return fmt.Sprintf("backlog: %d envelopes wait for platform %q%s, its cap is %d: %s", e.Waiting, e.Platform, why, e.Cap, cure)
}

// Platform asks what is known of a platform. The answer may be a second old.
func (c *Client) Platform(ctx context.Context, name string) (Platform, error) {
	return c.platforms.look(ctx, name)
}

// fresh is how long a description serves before Redis is asked again.
const fresh = time.Second

// directory remembers the platforms' descriptions.
type directory struct {
	redis redis.UniversalClient
	names envelope.Names

	mutex sync.Mutex
	seen  map[string]sighting
}

type sighting struct {
	platform Platform
	at       time.Time
}

func newDirectory(client redis.UniversalClient, names envelope.Names) *directory {
	return &directory{redis: client, names: names, seen: map[string]sighting{}}
}

func (d *directory) look(ctx context.Context, name string) (Platform, error) {
	d.mutex.Lock()
	last, ok := d.seen[name]
	d.mutex.Unlock()
	if ok && time.Since(last.at) < fresh {
		return last.platform, nil
	}
	fields, err := d.redis.HGetAll(ctx, d.names.Platform(name)).Result()
	if err != nil {
		return Platform{}, fmt.Errorf("read what is known of platform %q: %w", name, err)
	}
	p := Platform{
		Name: name, Known: fields["kind"] != "", Kind: fields["kind"], State: fields["state"],
		Paused: fields["paused"] == "1", Node: fields["node"],
	}
	p.BacklogCap, _ = strconv.ParseInt(fields["backlog_cap"], 10, 64) // absent: none
	if caps := fields["capabilities"]; caps != "" {
		p.Capabilities = json.RawMessage(caps)
	}
	d.mutex.Lock()
	d.seen[name] = sighting{p, time.Now()}
	d.mutex.Unlock()
	return p, nil
}

// admit says whether there is room for one more envelope. A platform that
// nobody has described has no cap: its gateway may not have started yet.
func (d *directory) admit(ctx context.Context, name string) error {
	p, err := d.look(ctx, name)
	if err != nil || p.BacklogCap <= 0 {
		return err
	}
	waiting, err := d.redis.XLen(ctx, d.names.Outbound(name)).Result()
	if err != nil {
		return fmt.Errorf("ask how much waits for platform %q: %w", name, err)
	}
	if waiting >= p.BacklogCap {
		return &BacklogError{Platform: name, Waiting: waiting, Cap: p.BacklogCap, Paused: p.Paused}
	}
	return nil
}
