package envelope

import (
	"strings"
	"testing"
)

func TestNamesAreTheContracts(t *testing.T) {
	t.Parallel()
	n := NewNames("postern")
	for got, want := range map[string]string{
		n.Outbound("chat"):                        "postern:outbound:chat",
		n.Group("chat"):                           "postern:gateway:chat",
		n.InboundStream:                           "postern:inbound",
		n.WorkerGroup:                             "postern:workers",
		n.Platform("chat"):                        "postern:platform:chat",
		n.Node("gw-1"):                            "postern:node:gw-1",
		Beside("postern:outbound:chat", "lease"):  "{postern:outbound:chat}:lease",
		Beside(n.Outbound("chat"), "claim:a:b:c"): "{postern:outbound:chat}:claim:a:b:c",
	} {
		if got != want {
			t.Errorf("got %s, the contract says %s", got, want)
		}
	}
}

func TestReplyAllowed(t *testing.T) {
	t.Parallel()
	n := NewNames("postern")
	n.ReplyPrefixes = []string{"mine:"}
	stream := n.Outbound("chat")
	for list, want := range map[string]bool{
		"{postern:outbound:chat}:reply:w1":  true,
		"postern:reply:w1":                  true,
		"mine:w1":                           true,
		"":                                  false,
		"postern:reply:":                    false,
		"mine:":                             false,
		"postern:outbound:chat":             false,
		"{postern:outbound:chat}:lease":     false,
		"{postern:outbound:other}:reply:w1": false,
		"other:reply:w1":                    false,
		"xmine:w1":                          false,
	} {
		if got := n.ReplyAllowed(stream, list); got != want {
			t.Errorf("%q: %v", list, got)
		}
	}
}

func TestCheckPlatform(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"chat": true, "discord-eu": true, "0_x": true, strings.Repeat("a", 63): true,
		"": false, "Chat": false, "-chat": false, "a:1": false, "a{b}": false, "a b": false, "a\n": false, strings.Repeat("a", 64): false,
	} {
		if err := CheckPlatform(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNamesWithBracesOrNoneAreRefused(t *testing.T) {
	t.Parallel()
	if err := NewNames("postern").Check(); err != nil {
		t.Error(err)
	}
	for setting, change := range map[string]func(*Names){
		"namespace":              func(n *Names) { n.Namespace = "" },
		"outbound_stream_prefix": func(n *Names) { n.OutboundPrefix = "a{b}" },
		"gateway_group_prefix":   func(n *Names) { n.GroupPrefix = "}" },
		"inbound_stream":         func(n *Names) { n.InboundStream = "" },
		"worker_group":           func(n *Names) { n.WorkerGroup = "{" },
	} {
		n := NewNames("postern")
		change(&n)
		if err := n.Check(); err == nil || !strings.Contains(err.Error(), "wire."+setting) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
