package scale

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/child"
	"github.com/posternhq/postern/test/harness"
)

// platform is the webhook that is measured.
const platform = "scale"

// ground is a Redis, a receiver and the nodes of one measurement.
type ground struct {
	*harness.Scene
	t         testing.TB
	control   string
	published map[string]int // by channel: numbers given out
}

// newGround starts both ends. Nodes have 256 slots and a lease of a second.
func newGround(t testing.TB) *ground {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asReceiver+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := child.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the receiver does not say where it is: %v", err)
	}
	messages, control, _ := strings.Cut(strings.TrimSpace(line), " ")
	g := &ground{Scene: harness.NewScene(t, program), t: t, control: control, published: map[string]int{}}
	names := envelope.NewNames("postern")
	g.Stream, g.Group = names.Outbound(platform), names.Group(platform)
	g.More = fmt.Sprintf("  - { name: %s, kind: webhook, url: %q, timeout: 10m }\n", platform, messages)
	return g
}

// rule says from here on what the receiver does.
func (g *ground) rule(r rules) {
	g.t.Helper()
	g.ask("/rules", r, nil)
}

// take hands out what the receiver has seen since it was last asked, and fails
// the measurement if that broke the promise.
func (g *ground) take() notes {
	g.t.Helper()
	var n notes
	g.ask("/take", nil, &n)
	for _, wrong := range n.Wrong {
		g.t.Errorf("lost, twice or out of order: %s", wrong)
	}
	return n
}

func (g *ground) ask(path string, question, answer any) {
	g.t.Helper()
	body, err := json.Marshal(question)
	if err != nil {
		g.t.Fatal(err)
	}
	resp, err := http.Post(g.control+path, "application/json", bytes.NewReader(body))
	if err != nil {
		g.t.Fatalf("ask the receiver: %v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		g.t.Fatalf("ask the receiver: %s", resp.Status)
	}
	if answer != nil {
		if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
			g.t.Fatalf("ask the receiver: %v", err)
		}
	}
}

// message is the next one of a channel.
func (g *ground) message(channel, more string) harness.Envelope {
	n := g.published[channel]
	g.published[channel]++
	return harness.Envelope{"type": "message", "channel_id": channel, "text": fmt.Sprint(n, more)}
}

// publish adds n messages for each of so many channels, in turn.
func (g *ground) publish(kind string, channels, n int) {
	g.t.Helper()
	batch := make([]harness.Envelope, 0, 10_000)
	for i := range n * channels {
		batch = append(batch, g.message(channelName(kind, i%channels), ""))
		if len(batch) == cap(batch) || i+1 == n*channels {
			if err := g.Publish(g.t.Context(), harness.JSON, batch...); err != nil {
				g.t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

func channelName(kind string, n int) string { return fmt.Sprintf("%s-%d", kind, n) }

// talk publishes rate messages a second over so many channels for a while,
// each with its due: if this process runs late, that is part of what is
// measured. It returns how many.
func (g *ground) talk(kind string, channels, rate int, lasts time.Duration) int {
	g.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	start, sent := time.Now(), 0
	for {
		due := int(min(time.Since(start), lasts).Seconds() * float64(rate))
		var batch []harness.Envelope
		for ; sent < due; sent++ {
			at := start.Add(time.Duration(sent) * time.Second / time.Duration(rate))
			batch = append(batch, g.message(channelName(kind, sent%channels), fmt.Sprint(" ", at.UnixNano())))
		}
		if err := g.Publish(g.t.Context(), harness.JSON, batch...); err != nil {
			g.t.Fatal(err)
		}
		if time.Since(start) >= lasts && sent == int(lasts.Seconds()*float64(rate)) {
			return sent
		}
		<-tick.C
	}
}

// await waits until so many entries are left in the stream.
func (g *ground) await(left int64, within time.Duration) {
	g.t.Helper()
	harness.Await(g.t, within, fmt.Sprintf("%d entries are left", left), func() (bool, string) {
		n, err := g.RDB.XLen(g.t.Context(), g.Stream).Result()
		return err == nil && n == left, fmt.Sprintf("%d, %v", n, err)
	})
}

// settled waits until nothing is left, and fails the measurement if anything
// died or was parked, or if the receiver has not accepted all that was published.
func (g *ground) settled(accepted int, within time.Duration) {
	g.t.Helper()
	g.AwaitSettled(g.t, within)
	published := 0
	for _, n := range g.published {
		published += n
	}
	if accepted != published {
		g.t.Errorf("%d were published, %d accepted", published, accepted)
	}
}

// at is the latency that a share of all stay under.
func at(latencies []int32, share float64) time.Duration {
	if len(latencies) == 0 {
		return 0
	}
	slices.Sort(latencies)
	return time.Duration(latencies[min(len(latencies)-1, int(share*float64(len(latencies))))]) * time.Microsecond
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
