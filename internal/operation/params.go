package operation

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/posternhq/postern/internal/schema"
)

// none is for a method without parameters.
type none struct{}

// paramsSchema derives the schema of a method's parameters from the struct
// that they are read into. It panics on a struct that has none, which is a
// mistake in this package that every test of it would show.
func paramsSchema[P any]() *schema.Schema {
	derived, err := jsonschema.For[P](nil)
	if err != nil {
		panic(fmt.Sprintf("operation: params %T: %v", *new(P), err))
	}
	compiled, err := schema.Compile(derived)
	if err != nil {
		panic(fmt.Sprintf("operation: params %T: %v", *new(P), err))
	}
	return compiled
}

// read returns checked parameters as their struct.
func read[P any](call Call) (P, error) {
	var p P
	text, err := json.Marshal(call.Params)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fmt.Errorf("reading params: %w", err)
	}
	return p, nil
}

// typed makes a method's run of a function over its parameters' struct.
func typed[P any](run func(context.Context, Call, P) (any, error)) func(context.Context, Call) (any, error) {
	return func(ctx context.Context, call Call) (any, error) {
		p, err := read[P](call)
		if err != nil {
			return nil, err
		}
		return run(ctx, call, p)
	}
}
