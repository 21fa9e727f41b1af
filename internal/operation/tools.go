package operation

import "context"

// toolMethods ask the tool registry.
func toolMethods() []Method {
	return []Method{
		{
			Name: "list_tools", Summary: "Lists the tools that execute_tool can run.",
			Params: paramsSchema[none](), ReadOnly: true, lacks: lacksTools,
			run: listTools,
		},
		{
			Name: "execute_tool", Summary: "Runs one tool.",
			Params: paramsSchema[executeParams](), lacks: lacksTools,
			again: toolRunsAgain,
			run:   typed(executeTool),
		},
	}
}

func lacksTools(call Call) string {
	if call.Tools == nil {
		return "no tools are at hand"
	}
	return ""
}

func listTools(ctx context.Context, call Call) (any, error) {
	return call.Tools.List(ctx)
}

type executeParams struct {
	Name       string         `json:"name" jsonschema:"the tool's name, as list_tools has it"`
	Arguments  map[string]any `json:"arguments,omitempty" jsonschema:"what the tool's input_schema asks for"`
	SchemaHash string         `json:"schema_hash,omitempty" jsonschema:"the schema_hash that the arguments were made for"`
}

func executeTool(ctx context.Context, call Call, p executeParams) (any, error) {
	// As they came: the struct holds every number as a float.
	arguments, _ := call.Params["arguments"].(map[string]any)
	result, fault := call.Tools.Execute(ctx, p.Name, arguments, p.SchemaHash)
	if fault == nil {
		return result, nil
	}
	if fault.Field == "" {
		return nil, fault
	}
	under := *fault
	under.Field = "params." + fault.Field
	return nil, &under
}

// toolRunsAgain asks the tool's own annotations. One that is not there now may
// have been, so it does not run again.
func toolRunsAgain(ctx context.Context, call Call) bool {
	name, ok := call.Params["name"].(string)
	if !ok {
		return true // refused before anything ran
	}
	t, err := call.Tools.Find(ctx, name)
	return err == nil && t.RunsAgain()
}
