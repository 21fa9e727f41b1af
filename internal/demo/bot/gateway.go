package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/worker"
)

// within bounds what is asked of the gateway: several deaths of it in a row.
const within = 20 * time.Second

// tool has the gateway run a program, and tells what came of it.
func tool(ctx context.Context, client *worker.Client, m *worker.Message) error {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var result struct {
		Structured struct {
			Rolls []int `json:"rolls"`
			Sum   int   `json:"sum"`
		} `json:"structured"`
	}
	err := client.Call(limited, m.Platform, "execute_tool",
		map[string]any{"name": "roll_dice", "arguments": map[string]any{"count": 2, "sides": 6}}, &result)
	var refused *worker.RPCError
	switch {
	case errors.As(err, &refused):
		return m.Reply(ctx, told(fmt.Sprintf("The tool did not run: `%s`, %s", refused.Code, plain(refused.Message)),
			"an `rpc` envelope, and a reply that is not `ok`", "rpc.md"))
	case err != nil:
		return err
	case len(result.Structured.Rolls) != 2:
		return worker.Permanent(fmt.Errorf("roll_dice gave %d dice, expected 2", len(result.Structured.Rolls)))
	}
	rolls := result.Structured.Rolls
	return m.Reply(ctx, told(fmt.Sprintf("🎲 %d and %d: **%d**.", rolls[0], rolls[1], result.Structured.Sum),
		"an `rpc` envelope, method `execute_tool`; the gateway ran an MCP server and pushed the reply to my list", "tools.md"))
}

// fault sends what can never be delivered and tells its receipt.
func fault(ctx context.Context, _ *worker.Client, m *worker.Message) error {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_, err := m.ReplyAndWait(limited, envelope.Outbound{
		Type: envelope.TypeEdit, MessageID: "a-message-that-nobody-sent", Text: "This stands nowhere.",
	})
	var dead *worker.DeliveryError
	if !errors.As(err, &dead) || dead.Receipt.Error == nil {
		return errors.Join(errors.New("an edit of nothing was to be refused"), err)
	}
	return m.Reply(ctx, told(
		fmt.Sprintf("I edited a message that does not exist. Its receipt says `%s`, `%s`: %s. It is kept as a dead letter, whole, for a person to look at and send again.",
			dead.Receipt.Status, dead.Receipt.Error.Code, plain(dead.Receipt.Error.Message)),
		"an `edit`, and a receipt with its error. Nothing behind it had to wait", "receipts.md"))
}
