package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/posternhq/postern/test/harness"
)

const (
	playWithin  = 3 * time.Minute // a whole scenario, on a loaded machine
	eventWithin = 30 * time.Second
	readyWithin = 30 * time.Second
)

// asked is one line that a scenario writes, begun with ">".
type asked struct {
	Do       string           `json:"do"`
	Envelope harness.Envelope `json:"envelope"`
	Match    map[string]any   `json:"match"`
}

// stagehand does for one scenario what a browser cannot.
type stagehand struct {
	t      *testing.T
	house  house
	events []map[string]any // read and not asked for yet
	read   string           // the last inbound entry read
}

// play runs one scenario to its end.
func (h house) play(t *testing.T, file string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), playWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "stage/run.mjs", file)
	cmd.Env = append(os.Environ(), "BASE=http://"+h.node.Addr()+"/chat/chat", "CHROMIUM="+chromium, "ARTIFACTS="+artifacts(t))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it closes its browser
	cmd.WaitDelay = 5 * time.Second
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hand := stagehand{t: t, house: h, read: "0"}
	hand.serve(ctx, out, in)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v\n%s", file, err, complaint.String())
	}
}

// serve answers what is asked, a line each, until the scenario ends.
func (s *stagehand) serve(ctx context.Context, out io.Reader, in io.WriteCloser) {
	defer in.Close()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line, question := strings.CutPrefix(lines.Text(), ">")
		if !question {
			s.t.Log(line)
			continue
		}
		var a asked
		answer, err := any(nil), json.Unmarshal([]byte(line), &a)
		if err == nil {
			answer, err = s.do(ctx, a)
		}
		reply := map[string]any{"answer": answer}
		if err != nil {
			reply = map[string]any{"error": err.Error()}
		}
		b, err := json.Marshal(reply)
		if err == nil {
			_, err = in.Write(append(b, '\n'))
		}
		if err != nil {
			s.t.Errorf("answer %q: %v", a.Do, err)
			return
		}
	}
}

func (s *stagehand) do(ctx context.Context, a asked) (any, error) {
	switch a.Do {
	case "publish":
		data, err := harness.JSON(a.Envelope)
		if err != nil {
			return nil, err
		}
		return s.house.scene.RDB.XAdd(ctx, &redis.XAddArgs{Stream: "postern:outbound:chat", Values: []any{"data", data}}).Result()
	case "event":
		return s.event(ctx, a.Match)
	case "count":
		if err := s.readOn(ctx, time.Millisecond); err != nil {
			return nil, err
		}
		n := 0
		for _, e := range s.events {
			if matches(e, a.Match) {
				n++
			}
		}
		return n, nil
	case "kill":
		s.house.node.Kill()
		return nil, nil
	case "start":
		s.house.node.Start()
		s.house.node.AwaitReady(readyWithin)
		return nil, nil
	}
	return nil, fmt.Errorf("the stagehand cannot do %q", a.Do)
}

// event waits for one that matches, and hands each out once.
func (s *stagehand) event(ctx context.Context, match map[string]any) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, eventWithin)
	defer cancel()
	for {
		for i, e := range s.events {
			if matches(e, match) {
				s.events = append(s.events[:i:i], s.events[i+1:]...)
				return e, nil
			}
		}
		if err := s.readOn(ctx, eventWithin); err != nil {
			return nil, fmt.Errorf("no event matches %v; there are %v: %w", match, s.events, err)
		}
	}
}

// readOn reads what is new on the inbound stream, or waits for something.
func (s *stagehand) readOn(ctx context.Context, wait time.Duration) error {
	streams, err := s.house.scene.RDB.XRead(ctx, &redis.XReadArgs{Streams: []string{"postern:inbound", s.read}, Block: wait}).Result()
	if err == redis.Nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	for _, entry := range streams[0].Messages {
		s.read = entry.ID
		data, _ := entry.Values["data"].(string)
		var e map[string]any
		if err := msgpack.Unmarshal([]byte(data), &e); err != nil {
			return fmt.Errorf("decode the event %s: %w", entry.ID, err)
		}
		s.events = append(s.events, e)
	}
	return nil
}

func matches(event, match map[string]any) bool {
	for name, value := range match {
		if event[name] != value {
			return false
		}
	}
	return true
}
