package platformtest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// stream is the outbound stream that the suite's operations come from.
const stream = "postern:outbound:conformance"

// message is the plainest operation; n tells it from others.
func (f Fixture) message(n int) platform.Operation {
	return platform.Operation{
		Key: fmt.Sprintf("key-%d", n),
		Envelope: &envelope.Outbound{
			Type: envelope.TypeMessage, ChannelID: f.local("channel"), MessageKey: fmt.Sprintf("key-%d", n), Text: fmt.Sprintf("text number %d", n),
		},
	}
}

// operations is one of each type that the capabilities honour, and a message
// with every field that they do.
func (f Fixture) operations(c platform.Capabilities) []platform.Operation {
	channel := f.local("channel")
	yes := true
	thread := "" // some platforms show typing in threads alone
	if c.Fields["thread_id"] >= platform.Partial {
		thread = f.local("thread")
	}
	all := map[envelope.Type]envelope.Outbound{
		envelope.TypeMessage:  f.fullMessage(c),
		envelope.TypeEdit:     {ChannelID: channel, MessageID: f.local("m1"), Text: "another text"},
		envelope.TypeDelete:   {ChannelID: channel, MessageID: f.local("m2")},
		envelope.TypeReaction: {ChannelID: channel, MessageID: f.local("m3"), Emoji: "👍"},
		envelope.TypeTyping:   {ChannelID: channel, ThreadID: thread, Active: &yes, TTL: 10},
		envelope.TypePresence: {Status: "online", Activity: "testing"},
		envelope.TypeStream:   {ChannelID: channel, StreamID: "s", Seq: 1, Text: "a **growing text"},
	}
	ops := []platform.Operation{f.message(0)}
	for _, typ := range slices.Sorted(maps.Keys(all)) {
		if c.Types[typ] < platform.Partial {
			continue
		}
		e := all[typ]
		e.Type = typ
		op := platform.Operation{Key: "key-" + string(typ), Envelope: &e}
		if e.MessageID != "" {
			op.Targets = []string{e.MessageID}
		}
		ops = append(ops, op)
	}
	return ops
}

func (f Fixture) fullMessage(c platform.Capabilities) envelope.Outbound {
	e := envelope.Outbound{ChannelID: f.local("channel"), MessageKey: "key-message", Text: "*one* <b>two</b> \x1b[31m ünï\nthree"}
	honoured := func(field string) bool { return c.Fields[field] >= platform.Partial }
	if honoured("thread_id") {
		e.ThreadID = f.local("thread")
	}
	if honoured("format") {
		e.Format = "plain"
	}
	if honoured("reply_to") {
		e.ReplyTo = f.local("m0")
	}
	e.Silent = honoured("silent")
	if honoured("mentions") {
		e.Mentions = "none"
	}
	if honoured("attachments") && c.Media["data"] >= platform.Partial {
		e.Attachments = []envelope.Media{{Filename: "a.bin", Mimetype: "application/octet-stream", Data: []byte{0, 1, 254, 255}}}
	}
	if honoured("view") {
		e.View = envelope.View{{{Label: "Yes", CustomID: "yes"}, {Label: "Docs", URL: "https://example.com/"}}}
	}
	return e
}

// plan renders an operation as the gateway does: planned, then numbered.
func plan(a platform.Adapter, op platform.Operation) ([]platform.Part, error) {
	parts, err := a.Plan(op)
	if err != nil {
		return nil, err
	}
	platform.Number(stream, op.Key, parts)
	return parts, nil
}
