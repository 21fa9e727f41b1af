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
	answers := map[string]string{
		"stream": "A postern", "buttons": "What may I bring you?", "edit": "**one**", "reaction": "React to any message",
		"file": "drawn just now", "typing": "Thank you for waiting", "tool": "🎲", "later": "Five seconds are over", "error": "`dead`, `not_found`",
	}
	offered := 0
	for _, row := range v.seesBot("I can show").View {
		for _, b := range row {
			offered++
			if name := strings.TrimPrefix(b.CustomID, "show:"); answers[name] == "" {
				t.Errorf("%s is offered, and not tested", name)
			}
		}
	}
	if offered != len(answers) {
		t.Errorf("%d topics are offered, %d expected", offered, len(answers))
	}
	for name, want := range answers {
		t.Run(name, func(t *testing.T) { // side by side: each has a conversation of its own
			t.Parallel()
			v := d.enter(t, "room-"+name)
			v.say("/help")
			menu := v.seesBot("I can show")
			if !strings.Contains(menu.Text, "`/"+name+"`") {
				t.Errorf("not in the list: %s", menu.Text)
			}
			v.tell(map[string]any{"t": "press", "message": menu.ID, "custom_id": "show:" + name})
			answer := v.seesBot(want)
			page := regexp.MustCompile("`docs/([a-z-]+\\.md)`").FindStringSubmatch(answer.Text)
			if page == nil || !strings.Contains(answer.Text, "On the wire") {
				t.Fatalf("the answer does not say what happened: %s", answer.Text)
			}
			if _, err := os.Stat("../../docs/" + page[1]); err != nil {
				t.Error(err)
			}
			if n := v.count(want); n != 1 {
				t.Errorf("it came %d times:\n%s", n, v)
			}
		})
	}
}

func TestWhatTopicsDo(t *testing.T) {
	t.Parallel()
	d := start(t)
	v := d.visit()

	v.say("/edit")
	if r := v.seesBot("**one**"); !r.Edited {
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
