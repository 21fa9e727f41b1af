// Command dates is a sample tool: an MCP server on standard input and output
// that knows about dates. Build it where the allow-list looks for it:
//
//	go build -o tools/ ./tools/src/...
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	log.SetFlags(0) // to standard error, which ends up in the gateway's log
	server := mcp.NewServer(&mcp.Implementation{Name: "dates", Version: "1"}, nil)
	readOnly := &mcp.ToolAnnotations{ReadOnlyHint: true}
	mcp.AddTool(server, &mcp.Tool{
		Name:        "days_between",
		Description: "Counts the days from one date to another.",
		Annotations: readOnly,
	}, daysBetween)
	mcp.AddTool(server, &mcp.Tool{
		Name:        "time_in",
		Description: "Tells the time in a time zone.",
		Annotations: readOnly,
	}, timeIn)
	if err := server.Run(context.Background(), &mcp.StdioTransport{}); err != nil {
		log.Fatalf("serving: %v", err)
	}
}

type span struct {
	From string `json:"from" jsonschema:"the first date, like 2026-03-01"`
	To   string `json:"to" jsonschema:"the last date, like 2026-03-29"`
}

type days struct {
	Days int `json:"days"`
}

func daysBetween(_ context.Context, _ *mcp.CallToolRequest, in span) (*mcp.CallToolResult, days, error) {
	from, err := time.Parse(time.DateOnly, in.From)
	if err != nil {
		return nil, days{}, fmt.Errorf("from is %q, expected a date like 2026-03-01", in.From)
	}
	to, err := time.Parse(time.DateOnly, in.To)
	if err != nil {
		return nil, days{}, fmt.Errorf("to is %q, expected a date like 2026-03-29", in.To)
	}
	return nil, days{Days: int(to.Sub(from).Hours() / 24)}, nil // both UTC: each day has 24 hours
}

type place struct {
	Zone string `json:"zone" jsonschema:"an IANA time zone, like Europe/Oslo"`
}

type clock struct {
	Time string `json:"time"`
}

func timeIn(_ context.Context, _ *mcp.CallToolRequest, in place) (*mcp.CallToolResult, clock, error) {
	zone, err := time.LoadLocation(in.Zone)
	if err != nil {
		return nil, clock{}, fmt.Errorf("zone is %q, expected an IANA time zone like Europe/Oslo", in.Zone)
	}
	return nil, clock{Time: time.Now().In(zone).Format(time.RFC3339)}, nil
}
