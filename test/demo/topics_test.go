package demo

import (
	"bytes"
	"image/png"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every topic of /help is asked for by its button, and answered; every answer
// names a page of the docs that is there.
func TestEveryTopicOfHelpIsShown(t *testing.T) {
	t.Parallel()
	d := start(t)
	v := d.visit()
	v.say("/help")
	menu := v.seesBot("I can show")
	answers := map[string]string{
		"stream": "A postern", "buttons": "What may I bring you?", "edit": "**round**", "reaction": "React to any message",
		"file": "drawn just now", "typing": "Thank you for waiting", "tool": "🎲", "later": "Five seconds are over", "error": "`dead`, `not_found`",
	}
	shown := 0
	for _, row := range menu.View {
		for _, b := range row {
			name := strings.TrimPrefix(b.CustomID, "show:")
			want, ok := answers[name]
			if !ok || !strings.Contains(menu.Text, "`/"+name+"`") {
				t.Errorf("an unknown topic, %q", name)
				continue
			}
			shown++
			v.tell(map[string]any{"t": "press", "message": menu.ID, "custom_id": b.CustomID})
			answer := v.seesBot(want)
			page := regexp.MustCompile("`docs/([a-z-]+\\.md)`").FindStringSubmatch(answer.Text)
			if page == nil || !strings.Contains(answer.Text, "On the wire") {
				t.Errorf("%s: the answer does not say what happened: %s", name, answer.Text)
			} else if _, err := os.Stat("../../docs/" + page[1]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if shown != len(answers) {
		t.Errorf("%d topics, expected %d", shown, len(answers))
	}
	if n := len(v.messages); n > 20 {
		t.Errorf("%d messages: something came twice\n%s", n, v)
	}
}

func TestWhatTopicsDo(t *testing.T) {
	t.Parallel()
	d := start(t)
	v := d.visit()

	v.say("/edit")
	if r := v.seesBot("round"); !r.Edited {
		t.Errorf("not edited: %+v", r)
	}

	asked := v.say("/reaction")
	v.sees("a reaction", func(r record) bool { return r.ID == asked && len(r.Reactions) == 1 && r.Reactions[0].Emoji == "🎉" })
	v.tell(map[string]any{"t": "react", "message": asked, "emoji": "👍"})
	v.sees("the same beside it", func(r record) bool {
		return r.ID == asked && len(r.Reactions) == 2 && r.Reactions[1].Emoji == "👍" && len(r.Reactions[1].By) == 2
	})

	v.say("/buttons")
	menu := v.seesBot("bring you")
	v.tell(map[string]any{"t": "press", "message": menu.ID, "custom_id": "tea"})
	if r := v.seesBot("You pressed **tea**"); !r.Ephemeral {
		t.Errorf("everybody sees it: %+v", r)
	}

	v.say("/typing")
	v.seesBot("Thank you for waiting")
	if v.typed == 0 {
		t.Error("nobody was seen typing")
	}

	v.say("/nonsense")
	v.seesBot("There is no `/nonsense`")

	said := v.say("helo")
	v.seesBot("echo: helo")
	v.tell(map[string]any{"t": "edit", "message": said, "text": "hello"})
	if r := v.seesBot("echo: hello"); !r.Edited {
		t.Errorf("another message: %+v", r)
	}
}

func TestFilesGoBothWays(t *testing.T) {
	t.Parallel()
	d := start(t)
	v := d.visit()
	v.say("/file")
	picture := v.seesBot("drawn just now")
	if len(picture.Files) != 1 || !picture.Files[0].Image {
		t.Fatalf("%+v", picture)
	}
	if _, err := png.Decode(bytes.NewReader(v.fetch(picture.Files[0].URL))); err != nil {
		t.Errorf("no picture: %v", err)
	}
	mine := []byte("a note, and nothing more")
	v.tell(map[string]any{"t": "send", "text": "", "files": []string{v.upload("note [1].txt", "text/plain", mine)}})
	back := v.seesBot("24 bytes")
	if !strings.Contains(back.Text, "note  1 .txt") || len(back.Files) != 1 {
		t.Fatalf("%+v", back)
	}
	if got := v.fetch(back.Files[0].URL); !bytes.Equal(got, mine) {
		t.Errorf("came back as %q", got)
	}
}
