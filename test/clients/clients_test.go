// Package clients holds our fakes of platforms to the truth: each is used by a
// client that its platform's own users rely on, and that nobody here wrote.
package clients

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/internal/platform/slack/slacktest"
	"github.com/posternhq/postern/internal/platform/telegram/telegramtest"
)

// TestTelegram: grammy logs in, sends, edits, deletes, reacts, sends and fetches
// files, presses buttons, meets a 429, and takes updates over a restart.
func TestTelegram(t *testing.T) {
	t.Parallel()
	s := telegramtest.New(t)
	asked := map[string]func(about string) string{
		"please limit": func(string) string { s.Fail(telegramtest.Limited, "sendMessage"); return "limited\n" },
		"please talk about": func(about string) string {
			var message int64
			_, _ = fmt.Sscan(about, &message)
			s.Say(1000, "hello bot", nil)
			s.Press(1000, message, "yes")
			return ""
		},
		"please talk again": func(string) string { s.Say(1000, "are you back?", nil); return "" },
	}
	play(t, asked, 11, "telegram.mjs", s.URL, telegramtest.Token)
	if got := s.Answered(); len(got) != 1 {
		t.Errorf("%d presses were answered; want 1", len(got))
	}
	if n := s.Pending(); n != 0 {
		t.Errorf("%d updates are not confirmed", n)
	}
}

// TestSlack: Bolt logs in, sends, reads back, edits, deletes, reacts, sends and
// fetches files, meets a 429, and over Socket Mode takes messages, presses,
// commands and a modal, also after Slack has ended the connection.
func TestSlack(t *testing.T) {
	t.Parallel()
	s := slacktest.New(t)
	s.Echo(false) // Bolt's app would hear of what was sent before it began
	asked := map[string]func(about string) string{
		"please limit": func(string) string { s.Fail(slacktest.Limited, "chat.postMessage"); return "limited\n" },
		"please talk about": func(ts string) string {
			s.Say("C0CREW", "U0ANN", "<@U0BOT> hello", nil)
			s.React("C0CREW", "U0ANN", ts, "wave", false)
			s.PressButton("C0CREW", "U0ANN", ts, "Yes")
			s.Command("C0CREW", "U0ANN", "/ask", "why")
			return "talked\n"
		},
		"please submit": func(string) string {
			s.Submit("U0ANN", map[string]any{"b": map[string]any{"what": map[string]any{"type": "plain_text_input", "value": "tea"}}})
			return "submitted\n"
		},
		"please refresh": func(string) string {
			s.Refresh()
			s.Say("D0ANN", "U0ANN", "are you back?", nil)
			return "refreshed\n"
		},
	}
	play(t, asked, 12, "slack.mjs", s.URL+"/", slacktest.Token, slacktest.AppToken)
	effects := s.Effects()
	if last := effects[len(effects)-1]; last.Method != "views.open" && last.Method != "respond ephemeral" {
		t.Errorf("what was seen last is %+v", last)
	}
	if _, ever := s.Connections(); ever < 2 {
		t.Errorf("%d connections were opened; want a second one after the refresh", ever)
	}
}

// TestDiscord: discord.js logs in, sends, edits, deletes, reacts, sends and
// fetches files, clicks and commands, keeps to limits and meets a 429, and
// resumes its session.
func TestDiscord(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t)
	say := func(channel, text string) { s.Say(discordtest.Says{Channel: channel, Text: text}) }
	asked := map[string]func(about string) string{
		"please talk": func(string) string {
			say(discordtest.Channel, "hello bot")
			say(discordtest.AnnDM, "psst")
			return ""
		},
		"please click": func(about string) string { s.Click(discordtest.Channel, about, "yes"); return "" },
		"please command": func(string) string {
			s.Command(discordtest.Channel, "ask", discordtest.Option("question", 3, "why?"))
			return ""
		},
		"please limit": func(string) string {
			s.Limit(discordtest.Limits{Routes: map[string]discordtest.Rate{"POST /channels/{major}/messages": {Many: 5, Per: 2 * time.Second}}})
			return "limited\n"
		},
		"please refuse": func(string) string {
			s.Limit(discordtest.Limits{})
			s.Fail(discordtest.Limited, "POST /channels/"+discordtest.AnnDM+"/typing")
			return "refused\n"
		},
		"please cut":       func(string) string { s.Cut(); say(discordtest.Channel, "are you back?"); return "" },
		"please reconnect": func(string) string { s.AskReconnect(); return "" },
	}
	play(t, asked, 13, "discord.mjs", strings.TrimSuffix(s.URL, "/v10"), discordtest.Token)
	if all, announced := s.Refused(); all != 1 || announced != 0 {
		t.Errorf("%d were refused, %d of them by a limit that was announced; want the one that was made up", all, announced)
	}
}

// play runs a script to its end, does what it asks for, and wants so many steps
// of it to be ok.
func play(t *testing.T, asked map[string]func(string) string, steps int, script string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	command.Stderr = &strings.Builder{}
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("node: %v; make test-deps installs it", err)
	}
	ok := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		t.Log(line)
		if strings.HasPrefix(line, "ok ") {
			ok++
		}
		for what, do := range asked {
			if about, found := strings.CutPrefix(line, what); found {
				if _, err := in.Write([]byte(do(strings.TrimSpace(about)))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	_ = in.Close()
	if err := command.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, command.Stderr)
	}
	if ok != steps {
		t.Errorf("%d steps were ok; want %d", ok, steps)
	}
}
