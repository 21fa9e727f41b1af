package outbound

import (
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// recutArchive is an archive's adapter of a newer version.
type recutArchive struct {
	*archive
	recut recut
}

func (a recutArchive) Plan(op platform.Operation) ([]platform.Part, error) { return a.recut.Plan(op) }

// The platform takes a part, and the node dies before that is on record: the
// first, the middle or the last of three. Whoever goes on cuts the text
// elsewhere; what is seen is the text as it was first planned, and twice only
// where nobody can tell, flagged.
func TestACrashBetweenAcceptAndRecord(t *testing.T) {
	t.Parallel()
	parts := []string{"a", "b", "c"}
	for _, c := range []struct {
		name             string
		native, readable bool
		onUnknown        string
	}{
		{name: "a native key", native: true, onUnknown: "park"},
		{name: "read back", readable: true, onUnknown: "park"},
		{name: "neither, sent again", onUnknown: "resend"},
		{name: "neither, parked", onUnknown: "park"},
	} {
		for i, part := range parts {
			t.Run(c.name+"/"+part, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.platform.caps.NativeKey = c.native
				archive := &archive{fakeAdapter: fakeAdapter{b.platform}}
				if c.readable {
					archive = newArchive(b, 0)
				}
				version := func(n int) func(*Config) {
					return func(cfg *Config) {
						cfg.Adapter = recut{fakeAdapter{b.platform}, n}
						if c.readable {
							lookingBack(archive)(cfg)
							cfg.Adapter = recutArchive{archive, recut{fakeAdapter{b.platform}, n}}
						}
					}
				}
				taken := b.platform.swallow(part)
				list := b.say("c", "k", "a|b|c", "on_unknown", c.onUnknown)
				first := b.consumer("n1", version(0))
				<-taken
				crash(first)
				b.vacate()
				b.consumer("n2", version(1))

				seen, tells := slices.Clone(parts), c.native || c.readable
				if !tells {
					seen = slices.Insert(seen, i, part)
				}
				if !tells && c.onUnknown == "park" {
					r := b.ends(list, envelope.StatusParked)
					if got, want := b.platform.seen("c"), strings.Join(parts[:i+1], " "); got != want || len(r.MessageIDs) != i || r.PossibleDuplicate {
						t.Fatalf("parked: the platform saw %q; receipt %+v", got, r)
					}
					b.resend()
				}
				r := b.ends(list, envelope.StatusDelivered)
				if got, want := b.platform.seen("c"), strings.Join(seen, " "); got != want || r.PossibleDuplicate == tells {
					t.Errorf("the platform saw %q; receipt %+v", got, r)
				}
				if want := b.shown("c", places(seen, parts)); !slices.Equal(r.MessageIDs, want) {
					t.Errorf("ids %v; want %v", r.MessageIDs, want)
				}
				b.awaitEmpty()
			})
		}
	}
}

// places are where each of some words stands first.
func places(all, some []string) (at []int) {
	for _, word := range some {
		at = append(at, slices.Index(all, word))
	}
	return at
}
