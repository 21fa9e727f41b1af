package tool

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/schema"
)

const maxErrorText = 2048 // bytes of a tool's own error that are passed on

// resultOf turns what a tool answered into a plain value,
// {content: [...], structured: ..., is_error: false}: content as MCP has it,
// bytes as base64; structured only if the tool gave it.
func resultOf(name string, answer *mcp.CallToolResult, maxOutput int) (map[string]any, *envelope.Error) {
	if answer.IsError {
		return nil, &envelope.Error{Code: envelope.CodeToolError, Message: fmt.Sprintf("tool %s: %s", name, errorText(answer.Content))}
	}
	content := answer.Content
	if content == nil {
		content = []mcp.Content{}
	}
	result := map[string]any{"content": content, "is_error": false}
	if answer.StructuredContent != nil {
		result["structured"] = answer.StructuredContent
	}
	text, err := json.Marshal(result)
	if err != nil {
		return nil, &envelope.Error{Code: envelope.CodeToolError, Message: fmt.Sprintf("tool %s: its answer cannot be encoded: %v", name, err)}
	}
	if len(text) > maxOutput {
		return nil, tooLarge(name, maxOutput)
	}
	plain, err := schema.Parse(text)
	if err != nil {
		return nil, &envelope.Error{Code: envelope.CodeToolError, Message: fmt.Sprintf("tool %s: its answer: %v", name, err)}
	}
	return plain.(map[string]any), nil
}

func tooLarge(name string, maxOutput int) *envelope.Error {
	return &envelope.Error{
		Code:    envelope.CodeTooLarge,
		Message: fmt.Sprintf("tool %s answered more than %d bytes: let it answer less, or with a link", name, maxOutput),
	}
}

// errorText joins the texts in which a tool told its error.
func errorText(content []mcp.Content) string {
	var texts []string
	for _, c := range content {
		if c, ok := c.(*mcp.TextContent); ok && c.Text != "" {
			texts = append(texts, c.Text)
		}
	}
	text := strings.Join(texts, "\n")
	if text == "" {
		return "it failed without saying why"
	}
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "") + "…"
	}
	return text
}
