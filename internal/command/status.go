package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
)

type statusCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// status is what one look at Redis says of the fleet.
type status struct {
	Nodes     []bus.Node       `json:"nodes"`
	Platforms []platformStatus `json:"platforms"`
	Strays    []stray          `json:"strays"`
}

type platformStatus struct {
	Platform string `json:"platform"`
	Kind     string `json:"kind"`
	State    string `json:"state"`  // as the active node last wrote it; "" = never
	Active   string `json:"active"` // the node that holds the lease; "" = none
	Epoch    string `json:"epoch,omitempty"`
	Paused   bool   `json:"paused"`
	Error    string `json:"error,omitempty"` // why some of it could not be read

	Backlog   int64   `json:"backlog"`    // entries not finished
	Pending   int64   `json:"pending"`    // of them, read by a node
	OldestAge float64 `json:"oldest_age"` // seconds, by Redis' clock; 0 = none waits
	Dead      int64   `json:"dead"`
	Parked    int64   `json:"parked"`

	// Described is what the active node wrote of it besides, such as its
	// capabilities, by the names of the hash.
	Described map[string]string `json:"described,omitempty"`
}

func (c *statusCommand) Run(a *app) error {
	cfg, b, err := a.connect()
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	st, err := readStatus(a.ctx, cfg, b)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(st)
	}
	return a.printStatus(st)
}

func readStatus(ctx context.Context, cfg *config.Config, b *bus.Bus) (status, error) {
	nodes, err := b.Nodes(ctx, cfg.Names())
	if err != nil {
		return status{}, fmt.Errorf("reading the nodes: %w", err)
	}
	slices.SortFunc(nodes, func(a, b bus.Node) int { return cmp.Compare(a.ID, b.ID) })
	st := status{Nodes: append([]bus.Node{}, nodes...), Platforms: []platformStatus{}}
	for _, p := range cfg.Platforms {
		ps, err := readPlatform(ctx, b.Client(), cfg.Names(), p)
		if ctx.Err() != nil {
			return status{}, ctx.Err()
		}
		if err != nil { // one platform's trouble does not hide the others
			ps.Error = err.Error()
		}
		st.Platforms = append(st.Platforms, ps)
	}
	st.Strays, err = readStrays(ctx, cfg, b, nodes)
	return st, err
}

func readPlatform(ctx context.Context, client redis.UniversalClient, names envelope.Names, p config.Platform) (platformStatus, error) {
	stream := names.Outbound(p.Name)
	// One pipeline: on a Cluster the client splits it by slot.
	pipe := client.Pipeline()
	hash := pipe.HGetAll(ctx, names.Platform(p.Name))
	lease := pipe.HMGet(ctx, envelope.Beside(stream, "lease"), "node", "epoch")
	backlog := pipe.XLen(ctx, stream)
	oldest := pipe.XRangeN(ctx, stream, "-", "+", 1)
	pending := pipe.XPending(ctx, stream, names.Group(p.Name))
	dead := pipe.XLen(ctx, envelope.Beside(stream, "dead"))
	parked := pipe.XLen(ctx, envelope.Beside(stream, "parked"))
	now := pipe.Time(ctx)
	// A group that is not there yet fails only its own command.
	var failed error
	if commands, err := pipe.Exec(ctx); err != nil {
		for _, c := range commands {
			if err := c.Err(); err != nil && !missing(err) {
				failed = fmt.Errorf("%s: %w", c.Name(), err)
				break
			}
		}
	}
	described := hash.Val()
	ps := platformStatus{
		Platform: p.Name, Kind: p.Kind, State: described["state"], Paused: described["paused"] == "1",
		Backlog: backlog.Val(), Dead: dead.Val(), Parked: parked.Val(), Described: described,
	}
	if held := lease.Val(); len(held) == 2 {
		ps.Active, _ = held[0].(string)
		ps.Epoch, _ = held[1].(string)
	}
	if pending.Err() == nil && pending.Val() != nil {
		ps.Pending = pending.Val().Count
	}
	if first := oldest.Val(); len(first) > 0 {
		if id, err := bus.ParseID(first[0].ID); err == nil {
			ps.OldestAge = max(0, now.Val().Sub(id.Time()).Seconds())
		}
	}
	return ps, failed
}

// missing reports whether Redis says that a key or group is not there.
func missing(err error) bool {
	return errors.Is(err, redis.Nil) || strings.HasPrefix(err.Error(), "NOGROUP")
}

func (a *app) printStatus(st status) error {
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NODE\tHOST\tPID\tVERSION\tUP\tACTIVE FOR")
	for _, n := range st.Nodes {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", n.ID, n.Host, n.PID, n.Version,
			time.Since(n.Started).Round(time.Second), orDash(strings.Join(n.Active, ", ")))
	}
	if len(st.Nodes) == 0 {
		fmt.Fprintln(w, "-\tno node is running\t\t\t\t")
	}
	fmt.Fprintln(w, "\nPLATFORM\tKIND\tSTATE\tACTIVE ON\tBACKLOG\tPENDING\tOLDEST\tHELD\tDEAD\tPARKED")
	for _, p := range st.Platforms {
		oldest, held := "-", ""
		if p.Active != "" && p.Described["node"] == p.Active {
			held = p.Described["lanes_held"]
		}
		if p.Backlog > 0 {
			oldest = time.Duration(p.OldestAge * float64(time.Second)).Round(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%d\t%d\n", p.Platform, p.Kind, p.standing(), orDash(p.Active),
			p.Backlog, p.Pending, oldest, orDash(held), p.Dead, p.Parked)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range st.Strays {
		fmt.Fprintln(a.Stdout, "\nnobody reads", s)
	}
	return nil
}

// standing is the platform's state in words. What a node wrote of it counts
// only while that node is active.
func (p platformStatus) standing() string {
	var words []string
	switch {
	case p.Active == "":
		words = append(words, "no active node")
	case p.State != "" && !(p.Paused && p.State == "paused"):
		word := p.State
		if reason := p.Described["reason"]; reason != "" {
			word += " (" + oneLine(reason) + ")"
		}
		words = append(words, word)
	}
	if p.Paused {
		words = append(words, "paused")
	}
	if p.Error != "" {
		words = append(words, "cannot be read: "+oneLine(p.Error))
	}
	return orDash(strings.Join(words, ", "))
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
