package redistest

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestDropReplyLosesTheReplyOfACommandThatRan(t *testing.T) {
	t.Parallel()
	s := Start(t)
	p := NewProxy(t, s)
	c := p.Client()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	lost := p.DropReply(2)
	if n, err := c.Incr(t.Context(), "n").Result(); n != 1 || err != nil {
		t.Fatalf("first INCR: %d, %v", n, err)
	}
	if err := c.Incr(t.Context(), "n").Err(); err == nil {
		t.Error("the second reply arrived")
	}
	select {
	case <-lost:
	default:
		t.Error("the loss was not announced")
	}
	if n, err := c.Incr(t.Context(), "n").Result(); n != 3 || err != nil {
		t.Errorf("INCR after the loss: %d, %v; expected 3, the second one having run", n, err)
	}
}

func TestTruncateReplyLosesTheRestOfIt(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, Start(t))
	c := p.Client()
	if err := c.Set(t.Context(), "k", "the whole of it", 0).Err(); err != nil {
		t.Fatal(err)
	}
	lost := p.TruncateReply(1)
	if v, err := c.SetArgs(t.Context(), "k", "another", redis.SetArgs{Get: true}).Result(); err == nil {
		t.Errorf("the reply arrived: %q", v)
	}
	select {
	case <-lost:
	default:
		t.Error("the loss was not announced")
	}
	if v, err := c.Get(t.Context(), "k").Result(); v != "another" || err != nil {
		t.Errorf("GET after the loss: %q, %v; expected what was set by the command that ran", v, err)
	}
}

func TestCutEndsConnectionsAndServesNewOnes(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, Start(t))
	c := p.Client()
	blocked := make(chan error, 1)
	ready := c.Conn()
	defer ready.Close()
	if err := ready.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	go func() { blocked <- ready.BLPop(t.Context(), 0, "nothing").Err() }()
	p.Cut()
	if err := <-blocked; err == nil {
		t.Error("BLPOP survived the cut")
	}
	if err := p.Client().Ping(t.Context()).Err(); err != nil {
		t.Errorf("PING on a new connection: %v", err)
	}
}

func TestBlackholeHoldsUntilHealed(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, Start(t))
	c := p.Client()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	p.Blackhole()
	answered := make(chan error, 1)
	go func() { answered <- c.Incr(t.Context(), "n").Err() }()
	select {
	case err := <-answered:
		t.Errorf("INCR passed the blackhole: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	p.Heal()
	if err := <-answered; err != nil {
		t.Errorf("INCR after Heal: %v", err)
	}
}

func TestDelayHoldsBackEachReply(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, Start(t))
	c := p.Client()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	const delay = 150 * time.Millisecond
	p.Delay(delay)
	start := time.Now()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < delay {
		t.Errorf("PING took %v, expected at least %v", took, delay)
	}
}

func TestReadReply(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]string{
		"status":     "+OK\r\n",
		"null bulk":  "$-1\r\n",
		"null array": "*-1\r\n",
		"bulk":       "$4\r\na\r\nb\r\n",
		"nested":     "*2\r\n*1\r\n:1\r\n$0\r\n\r\n",
		"map":        "%1\r\n+k\r\n*2\r\n:1\r\n_\r\n",
		"attributed": "|1\r\n+ttl\r\n:1\r\n+value\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := bufio.NewReader(strings.NewReader(reply + "+NEXT\r\n"))
			got, push, err := readReply(r, nil)
			if string(got) != reply || push || err != nil {
				t.Errorf("readReply: %q, push %v, %v; expected %q", got, push, err, reply)
			}
			if next, _, _ := readReply(r, nil); string(next) != "+NEXT\r\n" {
				t.Errorf("the reply after it: %q", next)
			}
		})
	}
	if _, push, err := readReply(bufio.NewReader(strings.NewReader(">1\r\n+x\r\n")), nil); !push || err != nil {
		t.Errorf("a push: %v, %v", push, err)
	}
	if _, _, err := readReply(bufio.NewReader(strings.NewReader("?1\r\n")), nil); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an unknown kind: %v", err)
	}
}
