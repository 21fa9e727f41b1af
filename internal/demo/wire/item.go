package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// GatewayItem tells something that happened to the gateway. data must be
// something JSON can hold.
func GatewayItem(at time.Time, head, says string, fault bool, data any) Item {
	text, err := json.Marshal(data)
	if err != nil {
		text = nil
	}
	return Item{At: seconds(at), Kind: KindGateway, Head: head, Says: says, Fault: fault, Data: text}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// entryItem is what all entries have in common.
func entryItem(kind Kind, stream, id string, data []byte) Item {
	item := Item{Kind: kind, Stream: stream, Entry: id, Bytes: len(data), Encoding: encodingOf(data).String()}
	if at, err := bus.ParseID(id); err == nil {
		item.At = seconds(at.Time())
	}
	return item
}

// encodingOf tells the two apart as the contract does: by the first byte that
// is not white space.
func encodingOf(data []byte) envelope.Encoding {
	if text := bytes.TrimLeft(data, " \t\r\n"); len(text) > 0 && text[0] < utf8.RuneSelf {
		return envelope.JSON
	}
	return envelope.MessagePack
}

func eventItem(stream, id string, data []byte) Item {
	item := entryItem(KindEvent, stream, id, data)
	event, err := envelope.DecodeEvent(data)
	if err != nil {
		return item.unreadable(data, err)
	}
	item.Head = string(event.Event)
	item.Says = sentence(
		cmp.Or(event.DisplayName, event.Username, event.UserID),
		place(event.ChannelID, event.ThreadID),
		cmp.Or(event.Content, event.Emoji, event.Command, event.CustomID, event.State, event.Member, files(len(event.Attachments))))
	return item.with(event, clipEvent(event))
}

func envelopeItem(stream, id string, data []byte) Item {
	item := entryItem(KindEnvelope, stream, id, data)
	decoded, fault := envelope.DecodeOutbound(data, envelope.DefaultLimits())
	out := *decoded.Envelope
	if fault != nil {
		return item.unreadable(data, fault)
	}
	item.Head = string(out.Type)
	if out.Final {
		item.Head += ", final"
	}
	text := out.Text
	if out.Type == envelope.TypeStream {
		text = end(text)
	}
	item.Says = sentence(place(out.ChannelID, out.ThreadID),
		cmp.Or(text, out.Emoji, out.Method, out.Filename, out.Status, files(len(out.Attachments))))
	return item.with(out, clipOutbound(out))
}

func receiptItem(stream, payload string) Item {
	item := Item{Kind: KindReceipt, Stream: stream, Bytes: len(payload), Encoding: envelope.JSON.String()}
	receipt, err := envelope.DecodeReceipt([]byte(payload))
	if err != nil {
		item.At = seconds(time.Now())
		return item.unreadable([]byte(payload), err)
	}
	item.At, item.Entry, item.Head = receipt.At, receipt.EntryID, string(receipt.Status)
	if receipt.Error != nil {
		item.Says = string(receipt.Error.Code) + ": " + receipt.Error.Message
	} else {
		item.Says = receiptSays(receipt)
	}
	switch receipt.Status {
	case envelope.StatusDead, envelope.StatusExpired, envelope.StatusParked:
		item.Fault = true
	}
	return item.with(receipt, receipt)
}

// receiptSays is what a receipt without an error says.
func receiptSays(r envelope.Receipt) string {
	var said []string
	if len(r.MessageIDs) > 0 {
		said = append(said, "as "+strings.Join(r.MessageIDs, " "))
	}
	if r.PossibleDuplicate {
		said = append(said, "perhaps twice")
	}
	if r.Attempts > 1 {
		said = append(said, fmt.Sprintf("attempt %d", r.Attempts))
	}
	return sentence(said...)
}

// with shows whole, or where that is too long, short.
func (i Item) with(whole, short any) Item {
	for _, v := range []any{whole, short} {
		text, err := envelope.Encode(v, envelope.JSON)
		if err == nil && len(text) <= dataMost {
			i.Data = text
			return i
		}
		i.Cut = true
	}
	return i
}

// unreadable shows what cannot be read as what it is.
func (i Item) unreadable(data []byte, err error) Item {
	i.Head, i.Says, i.Fault, i.Cut = "unreadable", err.Error(), true, len(data) > valueMost
	text, _ := json.Marshal(map[string]string{"data": strings.ToValidUTF8(string(data[:min(len(data), valueMost)]), "�")})
	i.Data = text
	return i
}

// sentence joins what there is.
func sentence(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p = oneLine(p); p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " · ")
}

func place(channel, thread string) string {
	if thread == "" {
		return channel
	}
	return channel + "/" + thread
}

func files(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "a file"
	}
	return fmt.Sprintf("%d files", n)
}
