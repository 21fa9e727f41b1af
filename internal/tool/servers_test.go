//go:build unix

package tool

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"
)

// The tool servers of these tests are the test binary itself. A file in the
// tools directory is a script of one line, #!<test binary> as=<role>; the
// kernel then runs us with that argument, and TestMain plays the role.
const rolePrefix = "as="

var roles = map[string]func(){
	"steady":    playSteady,
	"twin":      playTwin,
	"changing":  playChanging,
	"badschema": playBadSchema,
	"exits":     func() { fmt.Fprintln(os.Stderr, "no licence found"); os.Exit(7) },
	"mute":      playDeaf,
	"greets":    func() { fmt.Println("Welcome to my tool!"); playDeaf() },
	"broken":    func() { fmt.Println(`{"jsonrpc":"1.0","what":1}`); playDeaf() },
	"nothing":   func() { serve(newServerFor("nothing")) },
	"stubborn":  playStubborn,
}

var scripts string // the directory with one script a role, written before any test

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if play, ok := roles[strings.TrimPrefix(os.Args[1], rolePrefix)]; ok {
			play()
			os.Exit(0)
		}
	}
	if err := writeScripts(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(scripts)
		os.Exit(code)
	}))
}

// writeScripts writes them all before the first fork: a file that is open for
// writing, in a child of another test too, cannot be executed.
func writeScripts() error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	if scripts, err = os.MkdirTemp("", "postern-tools-"); err != nil {
		return err
	}
	for role := range roles {
		text := "#!" + exe + " " + rolePrefix + role + "\n"
		if err := os.WriteFile(filepath.Join(scripts, role), []byte(text), 0o755); err != nil {
			return err
		}
	}
	return nil
}

func newServerFor(name string) *mcp.Server {
	return mcp.NewServer(&mcp.Implementation{Name: name, Version: "1"}, nil)
}

func serve(s *mcp.Server) {
	if err := s.Run(context.Background(), &mcp.StdioTransport{}); err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type nothing struct{}

func text(s string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: s}}}
}

func add[In any](s *mcp.Server, name string, hints *mcp.ToolAnnotations, run func(In) (*mcp.CallToolResult, any, error)) {
	mcp.AddTool(s, &mcp.Tool{Name: name, Description: "Does " + name + ".", Annotations: hints},
		func(_ context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
			return run(in)
		})
}

// playSteady behaves, until it is called by the name of what it does wrong.
func playSteady() {
	countStart()
	signal.Ignore(syscall.SIGTERM)
	s := newServerFor("steady")
	add(s, "echo", &mcp.ToolAnnotations{ReadOnlyHint: true}, func(in struct {
		Text string `json:"text"`
		N    int    `json:"n,omitempty"`
	},
	) (*mcp.CallToolResult, any, error) {
		return text(in.Text), map[string]any{"text": in.Text, "n": in.N}, nil
	})
	add(s, "pid", &mcp.ToolAnnotations{IdempotentHint: true}, func(nothing) (*mcp.CallToolResult, any, error) {
		return text(strconv.Itoa(os.Getpid())), nil, nil
	})
	add(s, "environment", nil, func(nothing) (*mcp.CallToolResult, any, error) {
		return text(strings.Join(os.Environ(), "\n")), nil, nil
	})
	add(s, "picture", nil, func(nothing) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.ImageContent{Data: []byte("hi"), MIMEType: "image/png"}}}, nil, nil
	})
	add(s, "fails", nil, func(nothing) (*mcp.CallToolResult, any, error) {
		return nil, nil, errors.New("the moon is full")
	})
	add(s, "hangs", nil, func(nothing) (*mcp.CallToolResult, any, error) {
		spawnStubborn(nil)
		select {}
	})
	add(s, "dies", nil, func(nothing) (*mcp.CallToolResult, any, error) {
		spawnStubborn(nil)
		os.Exit(3)
		return nil, nil, nil
	})
	add(s, "escapes", nil, func(nothing) (*mcp.CallToolResult, any, error) {
		spawnStubborn(&syscall.SysProcAttr{Setsid: true})
		return text("done"), nil, nil
	})
	add(s, "prints", nil, func(nothing) (*mcp.CallToolResult, any, error) {
		fmt.Println("progress: 50 %")
		select {}
	})
	add(s, "floods", nil, func(nothing) (*mcp.CallToolResult, any, error) {
		line := strings.Repeat("x", 1<<20)
		for {
			fmt.Print(line) // never a newline
		}
	})
	add(s, "big", nil, func(in struct {
		Bytes int `json:"bytes"`
	},
	) (*mcp.CallToolResult, any, error) {
		return text(strings.Repeat("x", in.Bytes)), nil, nil
	})
	add(s, "chatters", nil, func(nothing) (*mcp.CallToolResult, any, error) {
		for i := range 10_000 {
			fmt.Fprintln(os.Stderr, i, strings.Repeat("y", 5000))
		}
		return text("done"), nil, nil
	})
	serve(s)
}

func playTwin() {
	s := newServerFor("twin")
	for _, name := range []string{"echo", "twin_only"} {
		add(s, name, nil, func(nothing) (*mcp.CallToolResult, any, error) { return text("twin"), nil, nil })
	}
	serve(s)
}

// playChanging offers other tools in each life.
func playChanging() {
	s := newServerFor("changing")
	stop := func(nothing) (*mcp.CallToolResult, any, error) { os.Exit(0); return nil, nil, nil }
	add(s, "stop", nil, stop)
	if countStart() == 1 {
		add(s, "leaves", nil, stop)
		add(s, "turns", nil, func(struct {
			A string `json:"a"`
		},
		) (*mcp.CallToolResult, any, error) {
			return text("a"), nil, nil
		})
	} else {
		add(s, "comes", nil, stop)
		add(s, "turns", nil, func(struct {
			B string `json:"b"`
		},
		) (*mcp.CallToolResult, any, error) {
			return text("b"), nil, nil
		})
	}
	serve(s)
}

// playBadSchema writes by hand what the SDK would not let it say.
func playBadSchema() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var request struct {
			ID     any
			Method string
		}
		_ = json.Unmarshal(in.Bytes(), &request)
		result := map[string]any{"protocolVersion": protocolVersion, "capabilities": map[string]any{"tools": map[string]any{}}, "serverInfo": map[string]any{"name": "b", "version": "1"}}
		if request.Method == "tools/list" {
			result = map[string]any{"tools": []any{
				map[string]any{"name": "endless", "inputSchema": map[string]any{"$ref": "#"}},
				map[string]any{"name": "good", "inputSchema": map[string]any{"type": "object"}},
			}}
		}
		if request.ID != nil {
			reply, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": request.ID, "result": result})
			fmt.Println(string(reply))
		}
	}
}

func playDeaf() {
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// spawnStubborn leaves a child that wants to outlive its server, and writes
// its number to the file child.
func spawnStubborn(attr *syscall.SysProcAttr) {
	exe, _ := os.Executable()
	child := exec.Command(exe, rolePrefix+"stubborn")
	child.Stderr, child.SysProcAttr = os.Stderr, attr
	ready, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err == nil {
		_, err = bufio.NewReader(ready).ReadString('\n')
	}
	if err == nil {
		err = os.WriteFile("child", []byte(strconv.Itoa(child.Process.Pid)), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "spawning:", err)
	}
}

func playStubborn() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
	fmt.Println("ready")
	for range signals {
	}
}

// countStart adds one to the file starts and returns the sum.
func countStart() int {
	before, _ := os.ReadFile("starts")
	_ = os.WriteFile("starts", append(before, '.'), 0o600)
	return len(before) + 1
}
