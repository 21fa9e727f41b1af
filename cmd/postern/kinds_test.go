package main

import (
	"os"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/config"
)

// TestEachKindHasAPageThatNamesItsKeys holds docs/<kind>.md to the manifest.
func TestEachKindHasAPageThatNamesItsKeys(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		page, err := os.ReadFile("../../docs/" + kind.Name + ".md")
		if err != nil {
			t.Error(err)
			continue
		}
		for _, key := range config.KindKeys(kind) {
			name := strings.TrimPrefix(key.Path, "platforms[].")
			if !strings.Contains(string(page), "`"+name) && !strings.Contains(string(page), name+":") {
				t.Errorf("docs/%s.md does not name the key %s", kind.Name, name)
			}
		}
	}
}
