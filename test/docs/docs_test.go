// Package docs runs the documentation: every command and every snippet of the
// pages, in their order, as a reader would.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/platform/console"
	"github.com/posternhq/postern/internal/platform/discord"
	"github.com/posternhq/postern/internal/platform/slack"
	"github.com/posternhq/postern/internal/platform/telegram"
	"github.com/posternhq/postern/internal/platform/webchat"
	"github.com/posternhq/postern/internal/platform/webhook"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/test/harness"
)

// pages are those that are run.
var pages = []string{
	"README.md",
	"docs/demo.md",
	"docs/discord.md",
	"docs/envelope.md",
	"docs/events.md",
	"docs/http.md",
	"docs/keys.md",
	"docs/media.md",
	"docs/one-conversation.md",
	"docs/receipts.md",
	"docs/recipes.md",
	"docs/rpc.md",
	"docs/slack.md",
	"docs/streaming.md",
	"docs/telegram.md",
	"docs/tools.md",
	"docs/tour.md",
	"docs/webchat.md",
	"docs/webhook.md",
	"docs/worker-go.md",
	"docs/worker-python.md",
	"docs/worker-typescript.md",
}

var bin string // where the built postern lies

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postern-docs-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if _, err := harness.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	bin = dir
	return m.Run()
}

func TestPages(t *testing.T) {
	t.Parallel()
	for _, page := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(page), ".md"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join(root, page))
			if err != nil {
				t.Fatal(err)
			}
			blocks, err := Blocks(string(text))
			if err != nil {
				t.Fatalf("%s: %v", page, err)
			}
			read(t, page, blocks)
		})
	}
}

// read does with each block what its fence says.
func read(t *testing.T, page string, blocks []Block) {
	m := newMachine(t, bin)
	reader := newShell(t, m.clone, m.env)
	var printed string // by the block before
	for _, b := range blocks {
		where := fmt.Sprintf("%s:%d", page, b.Line)
		var err error
		if b.Has("alone") {
			err = reader.interrupt()
		}
		switch {
		case err != nil:
		case b.Has("file"):
			err = write(filepath.Join(m.clone, b.words["file"]), m.typed(b.Text))
		case b.Has("unrun"):
			t.Logf("%s is not run: %s", where, b.words["unrun"])
		case b.Language == "sh" && b.Has("terminal"):
			printed, err = reader.open(m.typed(b.Text), b.words["until"])
		case b.Language == "sh":
			printed, err = reader.run(m.typed(b.Text))
			if b.Has("fails") && err == nil {
				t.Fatalf("%s is to fail, and did not:\n%s\nprinted:\n%s", where, b.Text, printed)
			} else if b.Has("fails") {
				err = nil
			}
		case b.Language == "text" && b.behind != nil && b.behind.Language == "sh":
			if !Matches(printed, m.typed(b.Text)) {
				t.Errorf("%s says that this is printed:\n%s\nbut it was:\n%s", where, b.Text, printed)
			}
		case b.Language == "text", b.Language == "go", b.Language == "lua", b.Language == "ts":
		case b.Language == "json":
			err = isJSON(b)
		case b.Language == "yaml":
			err = isConfig(b)
		case b.Language == "python":
			printed, err = reader.run("python3 -c 'import ast, sys, textwrap; ast.parse(textwrap.dedent(sys.stdin.read()))' <<'EOF'\n" + b.Text + "EOF\n")
		default:
			t.Errorf("%s: nothing says what to do with this block of %s: see Block", where, b.Language)
		}
		if err != nil {
			t.Fatalf("%s: %v:\n%s\nprinted:\n%s", where, err, b.Text, printed)
		}
	}
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

// namedSecret is a secret as a config names it: token_env: NAME.
var namedSecret = regexp.MustCompile(`_env: *(\w+)`)

// isConfig holds a snippet to what a config may say.
func isConfig(b Block) error {
	text := b.Text
	if b.Has("platform") {
		text = "platforms:\n  - name: chat\n    kind: webchat\n" + text
	}
	if !strings.Contains(text, "platforms:") {
		text += "platforms: [{ name: chat, kind: webchat }]\n"
	}
	environ := []string{}
	for _, m := range namedSecret.FindAllStringSubmatch(text, -1) {
		secret := "a-secret-of-some-length"
		switch { // tokens have a form
		case m[1] == "DISCORD_TOKEN":
			secret = "MTIz.GaBc." + secret
		case m[1] == "SLACK_TOKEN":
			secret = "xoxb-" + secret
		case m[1] == "SLACK_APP_TOKEN":
			secret = "xapp-" + secret
		case strings.HasSuffix(m[1], "_TOKEN"): // as Telegram's
			secret = "123456:" + secret
		}
		environ = append(environ, m[1]+"="+secret)
	}
	kinds := []platform.Kind{console.Kind(console.Stdio()), discord.Kind(), slack.Kind(), telegram.Kind(), webchat.Kind(), webhook.Kind()}
	_, warnings, err := config.Parse("postern.yaml", []byte(text), environ, kinds)
	if err == nil && len(warnings) > 0 {
		err = fmt.Errorf("warnings: %v", warnings)
	}
	return err
}

// isJSON holds a snippet to the wire.
func isJSON(b Block) error {
	data := []byte(b.Text)
	switch {
	case b.Has("envelope"):
		decoded, fault := envelope.DecodeOutbound(data, envelope.DefaultLimits())
		if fault != nil {
			return fault
		}
		if len(decoded.Warnings) > 0 {
			return fmt.Errorf("warnings: %v", decoded.Warnings)
		}
		return nil
	case b.Has("event"):
		_, err := envelope.DecodeEvent(data)
		return err
	case b.Has("receipt"):
		_, err := envelope.DecodeReceipt(data)
		return err
	case b.Has("reply"):
		_, err := envelope.DecodeReply(data)
		return err
	default:
		return fmt.Errorf("say whether it is an envelope, an event, a receipt or a reply")
	}
}
