// Package operation holds every method that a worker may call, each once:
// name, parameters, what it needs of the platform, what it does. It knows
// nothing of how a call arrived: RPC over Redis, and any other face, runs the
// same table.
package operation

import (
	"context"
	"log/slog"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/schema"
	"github.com/posternhq/postern/internal/tool"
	"github.com/posternhq/postern/platform"
)

// Call is one method call, from whatever face.
type Call struct {
	Method  string
	Params  map[string]any
	Adapter platform.Adapter // nil where no platform is at hand
	Tools   Tools            // nil where no tools are
	Log     *slog.Logger     // for what the caller is not told; nil = slog.Default()
}

// Tools is what the methods about tools need; *tool.Registry has it.
type Tools interface {
	List(ctx context.Context) ([]tool.Tool, error)
	Find(ctx context.Context, name string) (tool.Tool, error)
	Execute(ctx context.Context, name string, arguments map[string]any, schemaHash string) (any, *envelope.Error)
}

var _ Tools = (*tool.Registry)(nil)

// Method is one row of the table.
type Method struct {
	Name    string
	Summary string // one line
	Params  *schema.Schema

	// ReadOnly methods change nothing, and so run again after a crash in the
	// middle of one.
	ReadOnly bool

	// lacks says what keeps this method from being offered here: "" for
	// nothing, else the end of the sentence "... is not supported: ".
	lacks func(Call) string

	// again overrides ReadOnly where it depends on the call.
	again func(context.Context, Call) bool

	run func(context.Context, Call) (any, error)
}

// Offered reports whether the method can be called with this platform and
// these tools.
func (m Method) Offered(call Call) bool { return m.lacks(call) == "" }
