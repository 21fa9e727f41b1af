package discord

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/platform/platformtest"
)

var aFile = []discordtest.File{{Name: "plan.txt", Kind: "text/plain", Data: []byte("a plan")}}

// TestUnwantedFiles: nothing is fetched of what the config refuses.
func TestUnwantedFiles(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	l.host.Refuse(func(e envelope.Event) bool { return e.Content == "unwanted" })
	l.s.Say(discordtest.Says{Channel: discordtest.AnnDM, Text: "unwanted", Files: aFile})
	l.s.Say(discordtest.Says{Channel: discordtest.AnnDM, Text: "wanted", Files: aFile})
	if e := l.event(1); e.Content != "wanted" || len(e.Attachments) != 1 {
		t.Errorf("the first event is %+v", e)
	}
	if n := l.host.Files(); n != 1 {
		t.Errorf("%d files are kept; want one", n)
	}
}

// TestFilesAreFetchedOnce, however often it takes to record their message.
func TestFilesAreFetchedOnce(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	l.host.FailPublish(errors.New("redis is gone"))
	l.s.Say(discordtest.Says{Channel: discordtest.AnnDM, Text: "look", Files: aFile})
	l.until("it was tried twice", func() bool { return strings.Count(l.host.Logged(), "could not be recorded") >= 2 })
	l.host.FailPublish(nil)
	if e := l.event(1); len(e.Attachments) != 1 || e.Attachments[0].Blob == "" {
		t.Errorf("it came as %+v", e)
	}
	if n := l.host.Files(); n != 1 {
		t.Errorf("%d files are kept; want one", n)
	}
}

// TestAClickOvertakes what holds up what came before it: Discord waits for three
// seconds. It comes once all the same, and the session goes on behind it.
func TestAClickOvertakes(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	buttons := l.buttons()
	release := l.s.HoldFiles()
	l.s.Say(discordtest.Says{Channel: discordtest.AnnDM, Text: "look", Files: aFile})
	i := l.acknowledged(l.s.Click(discordtest.Channel, buttons, "yes"))
	if i.Waited() >= 3*time.Second {
		t.Errorf("Discord waited %v", i.Waited())
	}
	if e := l.event(1); e.CustomID != "yes" || e.InteractionID == "" {
		t.Errorf("first came %+v", e)
	}
	release()
	if e := l.event(2); e.Content != "look" || len(e.Attachments) != 1 || e.Attachments[0].Blob == "" {
		t.Errorf("then came %+v", e)
	}
	l = l.elsewhere()
	l.s.Say(discordtest.Says{Channel: discordtest.AnnDM, Text: "and on"})
	if e := l.event(3); e.Content != "and on" {
		t.Errorf("another node brought %+v", e)
	}
}

// TestOrderIsKept where nothing is held up.
func TestOrderIsKept(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	l.s.Say(discordtest.Says{Channel: discordtest.AnnDM, Text: "look", Files: aFile})
	l.s.Command(discordtest.AnnDM, "ask")
	if e := l.event(1); e.Content != "look" {
		t.Errorf("first came %+v", e)
	}
	if e := l.event(2); e.Command != "ask" {
		t.Errorf("then came %+v", e)
	}
}

// hasty is a host whose answer comes too late for who closes meanwhile: the
// event is recorded.
type hasty struct {
	*platformtest.Host
	under chan struct{} // gets one value for each click that is under way
}

func (h hasty) Publish(ctx context.Context, e envelope.Event, cursor string) error {
	err := h.Host.Publish(context.WithoutCancel(ctx), e, cursor)
	if e.Event != envelope.EventCommand || err != nil {
		return err
	}
	h.under <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

// TestRecordedWhileItCloses: the next owner goes on behind a click that was
// recorded, so this one tells Discord of it.
func TestRecordedWhileItCloses(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	l.shut()
	host := hasty{l.host, make(chan struct{}, 2)}
	if err := l.Open(t.Context(), host); err != nil {
		t.Fatal(err)
	}
	id := l.s.Command(discordtest.Channel, "ask")
	<-host.under
	l.shut()
	if i := l.s.Interaction(id); i.Acknowledged != answerLater {
		t.Errorf("it was acknowledged by type %d", i.Acknowledged)
	}
}
