package worker

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
	"github.com/posternhq/postern/test/openai"
)

const soon = 15 * time.Second

func TestEchoAnswersWhereItWasAsked(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	echo := start(t, filepath.Join(examples, "echo"), "POSTERN_REDIS_URL="+scene.Redis.URL())
	hear(t, node, "lobby", "hello")
	if r := scene.Sink.AwaitText(t, "echo: hello", soon); r.ChannelID != "lobby" || r.Type != "message" {
		t.Errorf("the answer: %+v", r)
	}
	if err := echo.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := echo.ExitCode(); code != 0 {
		t.Errorf("it exited with %d after SIGTERM", code)
	}
	scene.AwaitSettled(t, soon)
}

func TestChatStreamsTheModelsAnswer(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	model := openai.Start(t)
	model.Reply(
		openai.Reply{Tokens: []string{"Hé", "llo"}, Cut: true}, // asked again
		openai.Reply{Tokens: []string{"Hé", "llo", ", ", "Ann"}, Pace: 50 * time.Millisecond},
	)
	start(t, filepath.Join(examples, "chat"), "POSTERN_REDIS_URL="+scene.Redis.URL(), "OPENAI_BASE_URL="+model.URL, "OPENAI_API_KEY=k")
	hear(t, node, "lobby", "hello")
	r := scene.Sink.AwaitText(t, "Héllo, Ann", soon)
	if r.ChannelID != "lobby" {
		t.Errorf("the answer: %+v", r)
	}
	if asked := model.Requests(); len(asked) != 2 || asked[1].Messages[0].Content != "hello" {
		t.Errorf("the model was asked %+v", asked)
	}
	scene.AwaitSettled(t, soon)
}
