package discord

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	platformtest.Run(t, platformtest.Fixture{
		Start: func(t testing.TB) (platform.Adapter, platformtest.Peer) {
			s := discordtest.New(t)
			for n := range 48 {
				s.AddPlace(discordtest.Place{ID: numbered48(n), Guild: discordtest.GuildID, Name: "room"})
			}
			for n := range 4 {
				s.Put(discordtest.Channel, ourMessage(n), "one of ours")
				s.Put(discordtest.Thread, ourMessage(n), "one of ours")
			}
			a := newAdapter(t, s, nil)
			a.client.buckets.many = 1000 // the suite asks for more at once than a second has room for
			return a, &peer{s, a}
		},
		Secrets: []string{discordtest.Token},
		Local: func(id string) string {
			switch n, isNumbered := strings.CutPrefix(id, "channel-"); {
			case isNumbered:
				number, _ := strconv.Atoi(n)
				return numbered48(number)
			case id == "channel":
				return discordtest.Channel
			case id == "thread":
				return discordtest.Thread
			default:
				number, _ := strconv.Atoi(strings.TrimPrefix(id, "m"))
				return ourMessage(number)
			}
		},
	})
}

func numbered48(n int) string { return "3100000000000000" + strconv.Itoa(10+n) }

func ourMessage(n int) string { return "60000000000000000" + strconv.Itoa(n) }

// newAdapter makes an adapter for a server.
func newAdapter(t testing.TB, s *discordtest.Server, values map[string]any) *Adapter {
	t.Helper()
	all := map[string]any{"token": discordtest.Token, "api_url": s.URL, "timeout": 5 * time.Second, "ack_after": 2 * time.Second, "max_file": 10}
	for name, value := range values {
		all[name] = value
	}
	a, err := New(platform.Settings{Name: "discord", Values: all})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return a
}

// peer is the server as the suite sees it.
type peer struct {
	*discordtest.Server
	adapter *Adapter
}

func (p *peer) Effects() []platformtest.Effect {
	var out []platformtest.Effect
	types := map[string]envelope.Type{
		"POST": envelope.TypeMessage, "PATCH": envelope.TypeEdit, "DELETE": envelope.TypeDelete, "react": envelope.TypeReaction,
		"typing": envelope.TypeTyping, "presence": envelope.TypePresence,
	}
	for _, e := range p.Server.Effects() {
		typ := types[e.What]
		if strings.Contains(e.Text, "growing") {
			typ = envelope.TypeStream
		}
		effect := platformtest.Effect{Type: typ, ChannelID: e.Channel, Text: e.Text}
		if e.Channel == discordtest.Thread {
			effect.ChannelID, effect.ThreadID = discordtest.Channel, discordtest.Thread
		}
		out = append(out, effect)
	}
	return out
}

func (p *peer) Fail(f platformtest.Fault) bool {
	if f == platformtest.FaultRefused {
		p.Stop()
		p.adapter.client.close() // one that was kept, and is closed under a request, leaves a doubt
		return true
	}
	p.Server.Fail(map[platformtest.Fault]discordtest.Fault{
		platformtest.FaultLimited: discordtest.Limited, platformtest.FaultBroken: discordtest.Broken,
		platformtest.FaultAuth: discordtest.Auth, platformtest.FaultMissing: discordtest.Missing,
		platformtest.FaultSilent: discordtest.Silent, platformtest.FaultLost: discordtest.Lost,
	}[f], "")
	return true
}
