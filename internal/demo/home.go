package demo

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/posternhq/postern/internal/tool"
)

//go:embed gateway.yaml
var gatewayConfig string

// home is the demo's directory, readable by its user alone.
type home string

func (h home) config() string { return filepath.Join(string(h), "postern.yaml") }
func (h home) log() string    { return filepath.Join(string(h), "gateway.log") }

// makeHome writes what the gateway starts from: its config, which any other
// command can be pointed at too, and its tools.
func makeHome(redisURL, program string) (home, error) {
	dir, err := os.MkdirTemp("", "postern-demo-")
	if err != nil {
		return "", fmt.Errorf("making the demo's directory: %w", err)
	}
	h := home(dir)
	if err := h.furnish(redisURL, program); err != nil {
		_ = os.RemoveAll(dir)
		return "", err
	}
	return h, nil
}

func (h home) furnish(redisURL, program string) error {
	tools := filepath.Join(string(h), "tools")
	if err := os.Mkdir(tools, 0o700); err != nil {
		return fmt.Errorf("making the tools' directory: %w", err)
	}
	manifest, err := json.Marshal(map[string][]string{"allow": {toolFile}})
	if err != nil {
		return err
	}
	for path, file := range map[string]struct {
		text string
		mode os.FileMode
	}{
		h.config():                              {strings.ReplaceAll(gatewayConfig, "$REDIS", redisURL), 0o600},
		filepath.Join(tools, tool.ManifestName): {string(manifest), 0o600},
		filepath.Join(tools, toolFile):          {toolScript(program), 0o700},
	} {
		if err := os.WriteFile(path, []byte(file.text), file.mode); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
	}
	return nil
}

// toolFile is the tool in the tools directory: a script that starts this very
// program as an MCP server, since no other can be counted on.
const toolFile = "dice"

func toolScript(program string) string {
	return "#!/bin/sh\nexec '" + strings.ReplaceAll(program, "'", `'\''`) + "' " + ToolCommand + "\n"
}

// lastLines are the end of the gateway's log.
func (h home) lastLines(most int) string {
	text, err := os.ReadFile(h.log())
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-most):], []byte("\n")))
}
