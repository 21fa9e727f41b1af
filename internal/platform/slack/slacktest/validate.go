package slacktest

import (
	"fmt"
	"strings"
	"time"
)

func nowMicro() int64 { return time.Now().UnixMicro() }

// maxBlocks is where msg_blocks_too_long begins, by observation.
const maxBlocks = 13_200

// checkContent checks a message's text and blocks.
func checkContent(args values, mostText int) *refusal {
	blocks, has := args["blocks"].([]any)
	switch {
	case args.text("text") == "" && len(blocks) == 0 && len(args.list("attachments")) == 0:
		return no("no_text")
	case len(blocks) > 50:
		return &refusal{name: "invalid_blocks", about: []string{"[ERROR] no more than 50 items allowed [json-pointer:/blocks]"}}
	case has && length(asJSON(blocks)) > maxBlocks:
		return no("msg_blocks_too_long")
	}
	for i, b := range blocks {
		if why := checkBlock(b); why != "" {
			return &refusal{name: "invalid_blocks", about: []string{fmt.Sprintf("[ERROR] %s [json-pointer:/blocks/%d]", why, i)}}
		}
	}
	if length(args.text("text")) > mostText {
		return no("msg_too_long")
	}
	return nil
}

func checkBlock(b any) (why string) {
	block, ok := b.(map[string]any)
	if !ok {
		return "must provide an object"
	}
	v := values(block)
	switch v.text("type") {
	case "rich_text":
		for _, e := range v.list("elements") {
			if why := checkContainer(e); why != "" {
				return why
			}
		}
		if len(v.list("elements")) == 0 {
			return "missing required field: elements"
		}
	case "actions":
		return checkActions(v.list("elements"))
	case "section":
		if length(v.object("text").text("text")) > 3000 {
			return "must be less than 3001 characters"
		}
	case "header":
		if length(v.object("text").text("text")) > 150 {
			return "must be less than 151 characters"
		}
	case "markdown":
		if length(v.text("text")) > 12_000 {
			return "must be less than 12001 characters"
		}
	case "divider", "context", "image", "input", "file", "video":
	default:
		return fmt.Sprintf("unsupported type: %s", v.text("type"))
	}
	return ""
}

// checkContainer checks a container of a rich_text.
func checkContainer(e any) (why string) {
	m, _ := e.(map[string]any)
	v := values(m)
	kind := v.text("type")
	switch kind {
	case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
	case "rich_text_list":
		for _, item := range v.list("elements") {
			if why := checkContainer(item); why != "" {
				return why
			}
		}
		return ""
	default:
		return "unsupported rich text object: " + kind
	}
	for _, e := range v.list("elements") {
		m, _ := e.(map[string]any)
		one := values(m)
		switch one.text("type") {
		case "text":
			if one.text("text") == "" {
				return "must be more than 0 characters"
			}
		case "link":
			if !strings.Contains(one.text("url"), ":") {
				return "invalid url"
			}
		case "user", "usergroup", "channel", "broadcast", "emoji", "date", "color", "team":
			if kind == "rich_text_preformatted" {
				return "unsupported element in preformatted text"
			}
		default:
			return "unsupported rich text element: " + one.text("type")
		}
	}
	return ""
}

func checkActions(elements []any) (why string) {
	if len(elements) == 0 || len(elements) > 25 {
		return "must have 1 to 25 elements"
	}
	ids := map[string]bool{}
	for _, e := range elements {
		m, _ := e.(map[string]any)
		v := values(m)
		if id := v.text("action_id"); id != "" {
			if ids[id] {
				return "`action_id` \"" + id + "\" already exists"
			}
			ids[id] = true
		}
		if v.text("type") != "button" {
			continue
		}
		switch label := v.object("text").text("text"); {
		case label == "":
			return "must be more than 0 characters"
		case length(label) > 75:
			return "must be less than 76 characters"
		case length(v.text("value")) > 2000:
			return "must be less than 2001 characters"
		}
	}
	return ""
}

func checkMetadata(args values) *refusal {
	if args["metadata"] == nil {
		return nil
	}
	m := args.object("metadata")
	if m == nil || m.text("event_type") == "" || m.object("event_payload") == nil {
		return no("invalid_metadata_format")
	}
	return nil
}
