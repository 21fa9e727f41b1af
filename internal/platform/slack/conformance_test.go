package slack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/slack/slacktest"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Ids that are there before anything is sent.
const (
	crew     = "C0CREW"
	ann      = "D0ANN"
	threadTS = "1700000000.000100"
)

func TestConformance(t *testing.T) {
	for _, events := range []string{eventsSocket, eventsHTTP} {
		t.Run(events, func(t *testing.T) {
			platformtest.Run(t, platformtest.Fixture{
				Start: func(t testing.TB) (platform.Adapter, platformtest.Peer) {
					s := slacktest.New(t)
					s.Echo(false) // nobody may be there to be told
					for n := range 48 {
						s.AddChannel(slacktest.Channel{ID: fmt.Sprintf("C0CHAN%d", n), Name: "c", Members: []string{slacktest.BotUID}})
					}
					s.Put(crew, "U0ANN", "a thread", threadTS)
					for n := range 4 { // m0 to m3
						s.Put(crew, slacktest.BotUID, "one of ours", fmt.Sprintf("1700000000.00000%d", n))
					}
					a := newAdapter(t, s, map[string]any{"events": events})
					unlimited(a)
					return a, &peer{s, a}
				},
				Secrets: []string{slacktest.Token, slacktest.AppToken, slacktest.SigningSecret},
				Local: func(id string) string {
					switch n, isNumbered := strings.CutPrefix(id, "channel-"); {
					case isNumbered:
						return "C0CHAN" + n
					case id == "channel":
						return crew
					case id == "thread":
						return threadTS
					default:
						return "1700000000.00000" + strings.TrimPrefix(id, "m")
					}
				},
			})
		})
	}
}

// unlimited keeps to no rate.
func unlimited(a *Adapter) { a.rates = newRates(limits{}) }

// newAdapter makes an adapter for a server.
func newAdapter(t testing.TB, s *slacktest.Server, values map[string]any) *Adapter {
	t.Helper()
	all := map[string]any{
		"token": slacktest.Token, "app_token": slacktest.AppToken, "signing_secret": slacktest.SigningSecret,
		"events": eventsSocket, "api_url": s.URL, "rates": ratesPublished, "timeout": 30 * time.Second, // a starved machine takes its time
	}
	for name, value := range values {
		all[name] = value
	}
	a, err := New(platform.Settings{Name: "slack", Values: all})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return a
}

// peer is the server as the suite sees it.
type peer struct {
	*slacktest.Server
	adapter *Adapter
}

func (p *peer) Effects() []platformtest.Effect {
	var out []platformtest.Effect
	types := map[string]envelope.Type{
		update: envelope.TypeEdit, remove: envelope.TypeDelete, react: envelope.TypeReaction,
		setStatus: envelope.TypeTyping, setActive: envelope.TypePresence,
	}
	for _, e := range p.Server.Effects() {
		typ, ok := types[e.Method]
		switch {
		case strings.Contains(e.Text, "growing"):
			typ = envelope.TypeStream
		case !ok:
			typ = envelope.TypeMessage
		}
		out = append(out, platformtest.Effect{Type: typ, ChannelID: e.Channel, ThreadID: e.Thread, Text: e.Text})
	}
	return out
}

func (p *peer) Fail(f platformtest.Fault) bool {
	if f == platformtest.FaultRefused {
		p.Stop()
		p.adapter.client.close() // one that was kept, and is closed under a request, leaves a doubt
		return true
	}
	p.Server.Fail(map[platformtest.Fault]slacktest.Fault{
		platformtest.FaultLimited: slacktest.Limited, platformtest.FaultBroken: slacktest.Broken,
		platformtest.FaultAuth: slacktest.Auth, platformtest.FaultMissing: slacktest.Missing,
		platformtest.FaultSilent: slacktest.Silent, platformtest.FaultLost: slacktest.Lost,
	}[f], "")
	return true
}
