package sdk

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

const suiteWithin = time.Minute

// Each SDK's own tests, which need a Redis and a gateway.
func TestSuites(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l language) {
		scene := harness.NewScene(t, program)
		node := scene.Serve(t, "gw-1")
		ctx, cancel := context.WithTimeout(t.Context(), suiteWithin)
		defer cancel()
		cmd := exec.CommandContext(ctx, l.suite[0], l.suite[1:]...)
		cmd.Env = environ("TEST_REDIS_URL="+scene.Redis.URL(), "TEST_HOOK_URL="+node.URL("/hooks/"+harness.Platform))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s\n%v %v\n%s", need, err, ctx.Err(), out)
		}
	})
}

// Python's types are checked as TypeScript's are by its compiler.
func TestPythonTypes(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "mypy", "--config-file", "pyproject.toml",
		"postern", "tests", filepath.Join("..", "..", "examples", "python"), filepath.Join("..", "..", "test", "sdk", "testdata"))
	cmd.Dir = filepath.Join(root, "sdk", "python")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s\nmypy: %v\n%s", need, err, out)
	}
}
