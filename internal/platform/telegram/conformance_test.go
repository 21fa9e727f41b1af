package telegram

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/telegram/telegramtest"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testSecret = "hook-Secret_1"

func TestConformance(t *testing.T) {
	for _, updates := range []string{updatesPolling, updatesWebhook} {
		t.Run(updates, func(t *testing.T) {
			platformtest.Run(t, platformtest.Fixture{
				Start: func(t testing.TB) (platform.Adapter, platformtest.Peer) {
					s := telegramtest.New(t)
					s.AddChat(telegramtest.Chat{ID: -1001, Type: "supergroup", Title: "Crew", Topics: map[int64]bool{7: true}})
					for n := range 48 {
						s.AddChat(telegramtest.Chat{ID: 2000 + int64(n), Type: "private", Title: "Ben"})
					}
					for range 4 { // m0 to m3
						s.Put(-1001, telegramtest.BotID, "one of ours")
					}
					a := newAdapter(t, s, map[string]any{"updates": updates, "hook_url": "http://127.0.0.1:1/", "secret": testSecret})
					unlimited(a)
					return a, &peer{s, a}
				},
				Secrets: []string{telegramtest.Token, testSecret},
				Local: func(id string) string {
					switch n, isNumbered := strings.CutPrefix(id, "channel-"); {
					case isNumbered:
						number, _ := strconv.Atoi(n)
						return strconv.Itoa(2000 + number)
					case id == "channel":
						return "-1001"
					case id == "thread":
						return "7"
					default:
						number, _ := strconv.Atoi(strings.TrimPrefix(id, "m"))
						return strconv.Itoa(number + 1)
					}
				},
			})
		})
	}
}

// unlimited keeps to no rate.
func unlimited(a *Adapter) { a.rates = newRates(limits{}) }

// newAdapter makes an adapter for a server.
func newAdapter(t testing.TB, s *telegramtest.Server, values map[string]any) *Adapter {
	t.Helper()
	all := map[string]any{"token": telegramtest.Token, "updates": updatesPolling, "api_url": s.URL, "rates": ratesPublished, "timeout": 30 * time.Second}
	for name, value := range values {
		all[name] = value
	}
	a, err := New(platform.Settings{Name: "tg", Values: all})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return a
}

// peer is the server as the suite sees it.
type peer struct {
	*telegramtest.Server
	adapter *Adapter
}

func (p *peer) Effects() []platformtest.Effect {
	var out []platformtest.Effect
	types := map[string]envelope.Type{
		"editMessageText": envelope.TypeEdit, "deleteMessage": envelope.TypeDelete,
		"setMessageReaction": envelope.TypeReaction, "sendChatAction": envelope.TypeTyping,
	}
	for _, e := range p.Server.Effects() {
		typ, ok := types[e.Method]
		switch {
		case strings.Contains(e.Text, "growing"):
			typ = envelope.TypeStream
		case !ok:
			typ = envelope.TypeMessage
		}
		out = append(out, platformtest.Effect{Type: typ, ChannelID: e.Chat, ThreadID: e.Thread, Text: e.Text})
	}
	return out
}

func (p *peer) Fail(f platformtest.Fault) bool {
	if f == platformtest.FaultRefused {
		p.Stop()
		p.adapter.client.close() // one that was kept, and is closed under a request, leaves a doubt
		return true
	}
	p.Server.Fail(map[platformtest.Fault]telegramtest.Fault{
		platformtest.FaultLimited: telegramtest.Limited, platformtest.FaultBroken: telegramtest.Broken,
		platformtest.FaultAuth: telegramtest.Auth, platformtest.FaultMissing: telegramtest.Missing,
		platformtest.FaultSilent: telegramtest.Silent, platformtest.FaultLost: telegramtest.Lost,
	}[f], "")
	return true
}
