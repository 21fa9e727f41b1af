package slack

import (
	"errors"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/slack/slacktest"
	"github.com/posternhq/postern/platform/platformtest"
)

// TestNothingIsFetchedForNobody: the files of what the config refuses stay where
// they are.
func TestNothingIsFetchedForNobody(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	host.Refuse(func(e envelope.Event) bool { return e.UserID == "U0ANN" })
	file := s.Upload("a.txt", "text/plain", []byte("a"))
	s.Say(crew, "U0ANN", "look", map[string]any{"files": []string{file}})
	platformtest.Until(t, "it is acknowledged", func() bool { return s.Pending() == 0 }, s)
	if n := s.Fetched(); n != 0 {
		t.Errorf("%d files were fetched", n)
	}
	s.Say(crew, "U0BEN", "look", map[string]any{"files": []string{file}})
	if e := host.WaitEvents(t, 1)[0]; len(e.Attachments) != 1 || e.Attachments[0].Blob == "" {
		t.Errorf("it came with %+v", e.Attachments)
	}
}

// TestAFileIsFetchedOnce, however often its event is tried, and although Slack
// brings a mention twice.
func TestAFileIsFetchedOnce(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	host.FailPublish(errors.New("Redis is away"))
	s.Say(crew, "U0ANN", "look <@"+slacktest.BotUID+">", map[string]any{"files": []string{s.Upload("a.txt", "text/plain", []byte("a"))}})
	platformtest.Until(t, "it was tried again", func() bool { return strings.Count(host.Logged(), "trying again") > 1 }, host)
	host.FailPublish(nil)
	if e := host.WaitEvents(t, 1)[0]; len(e.Attachments) != 1 || e.Attachments[0].Blob == "" {
		t.Errorf("it came with %+v", e.Attachments)
	}
	platformtest.Until(t, "all is acknowledged", func() bool { return s.Pending() == 0 }, s)
	if n := s.Fetched(); n != 1 {
		t.Errorf("it was fetched %d times", n)
	}
}
