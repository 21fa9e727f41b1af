package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// ToolCommand is the hidden command that runs ServeTool.
const ToolCommand = "demo-tool"

// ServeTool is the demo's tool: an MCP server on standard input and output. It
// ends when the input does.
func ServeTool(ctx context.Context) error {
	server := mcp.NewServer(&mcp.Implementation{Name: "dice", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{
		Name: "roll_dice", Description: "Rolls dice.",
		Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true}, // nothing is lost when a crash makes it roll again
	}, rollDice)
	if err := server.Run(ctx, &mcp.StdioTransport{}); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serving the tool: %w", err)
	}
	return nil
}

type dice struct {
	Count int `json:"count" jsonschema:"how many, 1 to 20"`
	Sides int `json:"sides" jsonschema:"sides of each, 2 to 100"`
}

type rolled struct {
	Rolls []int `json:"rolls"`
	Sum   int   `json:"sum"`
}

func rollDice(_ context.Context, _ *mcp.CallToolRequest, in dice) (*mcp.CallToolResult, rolled, error) {
	if in.Count < 1 || in.Count > 20 || in.Sides < 2 || in.Sides > 100 {
		return nil, rolled{}, fmt.Errorf("asked for %d dice with %d sides: expected 1 to 20 dice with 2 to 100 sides", in.Count, in.Sides)
	}
	var out rolled
	for range in.Count {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(in.Sides)))
		if err != nil {
			return nil, rolled{}, fmt.Errorf("rolling: %w", err)
		}
		out.Rolls = append(out.Rolls, int(n.Int64())+1)
		out.Sum += int(n.Int64()) + 1
	}
	return nil, out, nil
}
