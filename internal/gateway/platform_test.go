package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

func TestAStandbyIsReadyAndTakesOver(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	told := readEvents(t, server.Client())
	first := startNode(t, server.URL(), "n1", one(newFake()))
	told.status("chat", "connected")
	second := startNode(t, server.URL(), "n2", one(newFake()))
	r := second.awaitReady("standing by, and ready", isReady)
	if p := r.Platforms["chat"]; p.Role != outbound.RoleStandby || p.State != platform.StateReady {
		t.Errorf("the stand-by: %+v", p)
	}
	first.stop(nil)
	if err := first.ended(); err != nil {
		t.Fatal(err)
	}
	second.awaitReady("active", func(r readiness) bool { return r.Ready && r.Platforms["chat"].Role == outbound.RoleActive })
	told.status("chat", "connected") // by the new one, and nothing by the stand-by before
}

func TestALeaseBoundConnectionFollowsTheLease(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	a, b := newFake(), newFake()
	a.caps.LeaseBound, b.caps.LeaseBound = true, true
	first := startNode(t, server.URL(), "n1", one(a))
	a.await(t, "opened")
	second := startNode(t, server.URL(), "n2", one(b))
	second.awaitReady("standing by, and ready", isReady)
	select {
	case got := <-b.journal:
		t.Fatalf("the stand-by's adapter was %s", got)
	default:
	}
	second.stop(nil) // it would take the lease
	if err := second.ended(); err != nil {
		t.Fatal(err)
	}
	if err := client.Del(t.Context(), "{postern:outbound:chat}:lease").Err(); err != nil {
		t.Fatal(err)
	}
	a.await(t, "closed")
	a.await(t, "opened") // it took the lease again
	first.awaitReady("ready again", isReady)

	third := startNode(t, server.URL(), "n3", one(b))
	third.awaitReady("standing by, and ready", isReady)
	first.stop(nil)
	b.await(t, "opened")
	a.await(t, "closed")
	third.awaitReady("active", func(r readiness) bool { return r.Ready && r.Platforms["chat"].Role == outbound.RoleActive })
}

// The count of leases is deleted, and begins anew: what the next connection
// brings is not taken for an older one's.
func TestTheCountOfLeasesBeginsAnew(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	a := newFake()
	a.caps.LeaseBound = true
	if err := client.Set(t.Context(), "{postern:inbound}:epoch:chat", 40, 0).Err(); err != nil {
		t.Fatal(err)
	}
	startNode(t, server.URL(), "n1", one(a))
	a.await(t, "opened")
	a.mutex.Lock()
	host := a.host
	a.mutex.Unlock()
	if err := host.Publish(t.Context(), envelope.Event{Event: envelope.EventMessage, EventID: "e1", Content: "hello"}, "c1"); err != nil {
		t.Error(err)
	}
	if got := client.Get(t.Context(), "{postern:outbound:chat}:epoch").Val(); got != "41" {
		t.Errorf("the count of leases is %s; want it to go on from what was published under", got)
	}
}

func TestAPausedPlatformIsReady(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	told := readEvents(t, client)
	chat := newFake()
	n := startNode(t, server.URL(), "n1", one(chat))
	told.status("chat", "connected")
	stream := n.bus.Stream(n.names, "chat", "")
	if err := stream.SetPaused(t.Context(), "postern:platform:chat", true); err != nil {
		t.Fatal(err)
	}
	told.status("chat", "paused")
	chat.state(platform.StateLost, "gone")
	told.status("chat", "disconnected")
	r := n.ready()
	if p := r.Platforms["chat"]; !r.Ready || !p.Paused {
		t.Errorf("paused: %+v", r)
	}
	chat.state(platform.StateReady, "")
	told.status("chat", "connected")
	await(t, "the description", func() bool { return client.HGet(t.Context(), "postern:platform:chat", "state").Val() == "paused" },
		func() any { return client.HGetAll(t.Context(), "postern:platform:chat").Val() })
	if err := stream.SetPaused(t.Context(), "postern:platform:chat", false); err != nil {
		t.Fatal(err)
	}
	told.status("chat", "resumed")
}

func TestRefusedCredentialsTurnReadinessRed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	told := readEvents(t, client)
	chat := newFake()
	chat.onDo = func(context.Context) error {
		return &platform.Error{Code: envelope.CodeAuth, Sent: platform.SentNo, Message: "401"}
	}
	n := startNode(t, server.URL(), "n1", one(chat))
	told.status("chat", "connected")
	red := func() {
		t.Helper()
		r := n.awaitReady("red", func(r readiness) bool { return !r.Ready })
		if p := r.Platforms["chat"]; !strings.Contains(p.Reason, "credentials") || len(r.Reasons) != 1 || !strings.HasPrefix(r.Reasons[0], "chat: ") {
			t.Errorf("%+v", r)
		}
	}
	chat.state(platform.StateAuthFailed, "401") // told by the connection
	told.status("chat", "auth_failed")
	red()
	await(t, "the description", func() bool { return client.HGet(t.Context(), "postern:platform:chat", "state").Val() == "auth_failed" },
		func() any { return client.HGetAll(t.Context(), "postern:platform:chat").Val() })
	chat.state(platform.StateReady, "")
	told.status("chat", "connected")
	n.awaitReady("ready again", isReady)

	publish(t, client, "chat", "hi") // told by an operation
	told.status("chat", "auth_failed")
	red()
}

func TestAnAdapterThatCannotBeOpenedIsTriedAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	bad, good := newFake(), newFake()
	bad.onOpen = func(_ context.Context, host platform.Host, nth int) error {
		if nth < 3 {
			return fmt.Errorf("attempt %d with token hush", nth) // another text each time
		}
		host.State(platform.StateReady, "")
		return nil
	}
	n := startNode(t, server.URL(), "n1", map[string]platform.Adapter{"bad": bad, "good": good})
	good.await(t, "opened")
	bad.await(t, "refused")
	r := n.awaitReady("the good one is ready", func(r readiness) bool {
		return r.Platforms["good"].Ready && r.Platforms["bad"].Role == outbound.RoleActive
	})
	if p := r.Platforms["bad"]; p.Ready || p.State != platform.StateLost || !strings.HasPrefix(p.Reason, "not connected: ") || strings.Contains(p.Reason, "hush") {
		t.Errorf("the bad one: %+v", p)
	}
	publish(t, server.Client(), "good", "hi")
	good.await(t, "doing")
	bad.await(t, "refused")
	bad.await(t, "opened")
	n.awaitReady("all ready", isReady)
	for i, least := range []time.Duration{openFirst, 2 * openFirst} {
		if gap := bad.opens[i+1].Sub(bad.opens[i]); gap < least {
			t.Errorf("try %d came after %v, want at least %v", i+2, gap, least)
		}
	}
}

func TestAnOpenThatFindsTheCredentialsRefused(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	told := readEvents(t, server.Client())
	byError, byState := newFake(), newFake()
	byError.onOpen = func(context.Context, platform.Host, int) error {
		return &platform.Error{Code: envelope.CodeAuth, Message: "no", Cause: errors.New("hush")}
	}
	byState.onOpen = func(_ context.Context, host platform.Host, _ int) error {
		host.State(platform.StateAuthFailed, "no")
		return errors.New("hush")
	}
	n := startNode(t, server.URL(), "n1", map[string]platform.Adapter{"error": byError})
	told.status("error", "auth_failed")
	n.stop(nil)
	m := startNode(t, server.URL(), "n2", map[string]platform.Adapter{"state": byState})
	told.status("state", "auth_failed")
	if r := m.ready(); r.Ready || r.Platforms["state"].State != platform.StateAuthFailed {
		t.Errorf("%+v", r)
	}
}

func TestNothingOpensAfterTheStop(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	chat := newFake()
	opening := make(chan struct{})
	chat.onOpen = func(ctx context.Context, _ platform.Host, _ int) error {
		close(opening)
		<-ctx.Done() // a platform that does not answer
		return ctx.Err()
	}
	n := startNode(t, server.URL(), "n1", one(chat))
	<-opening
	n.stop(nil)
	if err := n.ended(); err != nil {
		t.Errorf("Run: %v", err)
	}
	chat.await(t, "refused")
	chat.await(t, "closed")
	select {
	case got := <-chat.journal:
		t.Errorf("after the stop the adapter was %s", got)
	default:
	}
}
