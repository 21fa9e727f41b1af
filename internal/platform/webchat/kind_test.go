package webchat

import (
	"testing"

	"github.com/posternhq/postern/platform"
)

// TestCompanionIsOurs: no path may lead a browser to another host.
func TestCompanionIsOurs(t *testing.T) {
	t.Parallel()
	for path, ok := range map[string]bool{
		"/demo/pane.js": true, "pane.js": false, "//evil.example/x.js": false, `/\evil.example/x.js`: false, "https://evil.example/x.js": false,
	} {
		values := map[string]any{}
		for _, f := range Kind().Fields {
			values[f.Name] = f.Default
		}
		values["companion"] = path
		if _, err := New(platform.Settings{Name: "chat", Values: values}); (err == nil) != ok {
			t.Errorf("companion %s: %v", path, err)
		}
	}
}
