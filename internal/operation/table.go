package operation

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/schema"
	"github.com/posternhq/postern/internal/suggest"
)

// Table is all methods, by name. It never changes after New and is safe for
// concurrent use.
type Table struct {
	methods map[string]Method
}

// New returns the table.
func New() Table {
	t := Table{methods: map[string]Method{}}
	for _, group := range [][]Method{platformMethods(), toolMethods()} {
		for _, m := range group {
			t.methods[m.Name] = m
		}
	}
	return t
}

// Methods returns every method known, by name, offered here or not.
func (t Table) Methods() []Method {
	return slices.SortedFunc(maps.Values(t.methods), func(a, b Method) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

// Run answers one call. The result is a plain value (see schema.Plain), alike
// in every encoding. It returns when ctx ends, as far as the adapter heeds it:
// timeout or interrupted. A panic in a method is an internal error that tells
// the caller nothing else.
func (t Table) Run(ctx context.Context, call Call) (result any, fault *envelope.Error) {
	defer func() {
		if p := recover(); p != nil {
			result, fault = nil, panicked(call, p)
		}
	}()
	m, ok := t.methods[call.Method]
	if !ok {
		return nil, t.unknown(call.Method)
	}
	if lack := m.lacks(call); lack != "" {
		return nil, &envelope.Error{Code: envelope.CodeUnsupported, Field: "method", Message: fmt.Sprintf("method %s is not supported: %s", m.Name, lack)}
	}
	params, err := schema.PlainObject(call.Params)
	if err != nil {
		return nil, &envelope.Error{Code: envelope.CodeInvalid, Field: "params", Message: err.Error()}
	}
	if fault := m.Params.Check(params, "params"); fault != nil {
		return nil, fault
	}
	call.Params = params
	if ctx.Err() != nil {
		return nil, faultOf(ctx, call, ctx.Err())
	}
	answer, err := m.run(ctx, call)
	if err != nil {
		return nil, faultOf(ctx, call, err)
	}
	if result, err = schema.Plain(answer); err != nil {
		return nil, faultOf(ctx, call, fmt.Errorf("encoding the result: %w", err))
	}
	return result, nil
}

// Safe reports whether a call that may have run may run again, after a crash
// in the middle: it only reads, its tool says that it does or that twice is as
// good as once, or it never had an effect to repeat because it is not offered.
func (t Table) Safe(ctx context.Context, call Call) bool {
	m, ok := t.methods[call.Method]
	if !ok || !m.Offered(call) || m.ReadOnly {
		return true
	}
	return m.again != nil && m.again(ctx, call)
}

// Reads reports whether a call's method only reads: what it answers is as good
// when it is asked anew, and may be long.
func (t Table) Reads(call Call) bool { return t.methods[call.Method].ReadOnly }

func (t Table) unknown(method string) *envelope.Error {
	known := slices.Sorted(maps.Keys(t.methods))
	return &envelope.Error{
		Code: envelope.CodeUnknownMethod, Field: "method",
		Message: fmt.Sprintf("method %.100q is not known%s", method, suggest.DidYouMean(method, known)),
	}
}
