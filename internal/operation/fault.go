package operation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// faultOf is what a caller is told of an error in a method. An error of a kind
// that was not made for callers goes to the log only.
func faultOf(ctx context.Context, call Call, err error) *envelope.Error {
	if fault, ok := errors.AsType[*envelope.Error](err); ok {
		return fault
	}
	if ctx.Err() != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return &envelope.Error{Code: envelope.CodeTimeout, Message: fmt.Sprintf("method %s ran over its time", call.Method)}
		}
		return &envelope.Error{Code: envelope.CodeInterrupted, Message: fmt.Sprintf("method %s was called off", call.Method)}
	}
	if e, ok := errors.AsType[*platform.Error](err); ok {
		if e.Cause != nil {
			logger(call).Warn("method failed", "method", call.Method, "error", err)
		}
		field := e.Field
		if field != "" {
			field = "params." + field // an adapter names the parameter alone
		}
		return &envelope.Error{Code: e.Code, Message: e.Message, Field: field, RetryAfter: e.RetryAfter.Seconds()}
	}
	logger(call).Error("method failed", "method", call.Method, "error", err)
	return internal(call)
}

// panicked reports a panic. Its value is logged only if it is Go's own: one
// that an adapter chose might hold anything.
func panicked(call Call, value any) *envelope.Error {
	what := fmt.Sprintf("a %T", value)
	if e, ok := value.(runtime.Error); ok {
		what = e.Error()
	}
	logger(call).Error("method panicked", "method", call.Method, "panic", what, "stack", string(debug.Stack()))
	return internal(call)
}

func internal(call Call) *envelope.Error {
	return &envelope.Error{Code: envelope.CodeInternal, Message: fmt.Sprintf("method %s failed inside the gateway: its log says how", call.Method)}
}

func logger(call Call) *slog.Logger {
	if call.Log == nil {
		return slog.Default()
	}
	return call.Log
}
