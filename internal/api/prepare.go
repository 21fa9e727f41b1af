package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/posternhq/postern/envelope"
)

// post is an envelope ready to be published.
type post struct {
	stream   string
	data     []byte
	traceID  string
	warnings []string
	rpc      bool
	list     string // that the answer comes to; "" = nobody waits
}

// keyHeader names the header that stands for an envelope's message_key.
const keyHeader = "Idempotency-Key"

// prepare checks an envelope and adds to it what the request's headers and a
// wait ask for. One that needs nothing added is published as its bytes are.
func (p *Publisher) prepare(platform string, data []byte, header http.Header, wait bool) (post, *refusal) {
	out := post{stream: p.Names.Outbound(platform), data: data}
	decoded, fault := envelope.DecodeOutbound(data, p.Limits)
	e := decoded.Envelope
	out.rpc = e.Type == envelope.TypeRPC
	out.warnings = append([]string{}, decoded.Warnings...)
	if enc, ok := declared(header); ok && enc != decoded.Encoding {
		return out, refuse(http.StatusBadRequest, envelope.CodeUndecodable, "data", "the body is not what its content type says")
	}
	if wait && fault != nil && out.rpc && fault.Field == "reply_queue" && e.ReplyQueue == "" {
		fault = nil // it is about to have one; what else is wrong is seen below
	}
	if fault != nil {
		return out, faulty(fault)
	}
	if e.Platform != "" && e.Platform != platform {
		return out, refuse(http.StatusBadRequest, envelope.CodeInvalid, "platform", "the envelope is for "+strconv.Quote(e.Platform)+", and was posted to "+platform)
	}
	changed, no := out.addKey(e, header.Get(keyHeader))
	if no != nil {
		return out, no
	}
	if wait {
		if no := out.addList(e, p.Names.Namespace+":reply:http:"+ulid.Make().String()); no != nil {
			return out, no
		}
		changed = true
	}
	if no := p.checkLists(out.stream, e); no != nil {
		return out, no
	}
	out.traceID = e.TraceID
	if !changed {
		return out, nil
	}
	var err error
	if out.data, err = envelope.Encode(e, decoded.Encoding); err != nil {
		return out, refuse(http.StatusBadRequest, envelope.CodeInvalid, "data", err.Error())
	}
	if _, fault = envelope.DecodeOutbound(out.data, p.Limits); fault != nil {
		return out, faulty(fault)
	}
	return out, nil
}

func faulty(fault *envelope.Error) *refusal {
	status := http.StatusBadRequest
	if fault.Code == envelope.CodeTooLarge {
		status = http.StatusRequestEntityTooLarge
	}
	return &refusal{status, *fault}
}

// addKey makes the header's key the envelope's, if it has none of its own.
func (out *post) addKey(e *envelope.Outbound, key string) (changed bool, no *refusal) {
	if unquoted, ok := strings.CutPrefix(key, `"`); ok {
		key = strings.TrimSuffix(unquoted, `"`) // as the draft of the header has it
	}
	switch {
	case key == "", key == e.MessageKey:
		return false, nil
	case e.Type == envelope.TypeStream, e.Type == envelope.TypeRPC:
		out.warnings = append(out.warnings, keyHeader+" is ignored: a stream's key is its stream_id, an rpc's its request_id")
		return false, nil
	case e.MessageKey != "":
		out.warnings = append(out.warnings, keyHeader+" is ignored: the envelope has a message_key")
		return false, nil
	}
	e.MessageKey = key // its length and form are checked with the rest
	return true, nil
}

// addList has the answer come to a list of ours. One that the sender named
// would be taken from under its own reader.
func (out *post) addList(e *envelope.Outbound, list string) *refusal {
	field, into := "receipt_to", &e.ReceiptTo
	if out.rpc {
		field, into = "reply_queue", &e.ReplyQueue
	}
	if *into != "" {
		return refuse(http.StatusBadRequest, envelope.CodeInvalid, field, "wait takes the answer itself: leave out either wait or "+field)
	}
	*into, out.list = list, list
	return nil
}

// checkLists holds the lists that the sender named to the names allowed.
func (p *Publisher) checkLists(stream string, e *envelope.Outbound) *refusal {
	for field, list := range map[string]string{"receipt_to": e.ReceiptTo, "reply_queue": e.ReplyQueue} {
		if list != "" && !p.Names.ReplyAllowed(stream, list) {
			allowed := append([]string{p.Names.Namespace + ":reply:", envelope.Beside(stream, "reply:")}, p.Names.ReplyPrefixes...)
			return refuse(http.StatusBadRequest, envelope.CodeForbidden, field, "the list must begin with one of "+strings.Join(allowed, ", "))
		}
	}
	return nil
}

// together joins the warnings of the request with those of its receipt.
func together(ours, theirs []string) []string {
	all := slices.Clone(ours)
	for _, w := range theirs {
		if !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all
}
