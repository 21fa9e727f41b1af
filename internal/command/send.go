package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/oklog/ulid/v2"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/platform"
)

type sendCommand struct {
	Platform  string `short:"p" placeholder:"NAME" help:"The platform; may be left out if there is only one."`
	Type      string `default:"message" help:"The envelope's type (${default})."`
	Channel   string `placeholder:"ID" help:"channel_id: where to."`
	Thread    string `placeholder:"ID" help:"thread_id."`
	Text      string `short:"t" help:"The text."`
	Format    string `help:"markdown or plain."`
	Key       string `help:"message_key: the same key is delivered once."`
	ReplyTo   string `placeholder:"ID" help:"reply_to: the message that this answers."`
	MessageID string `placeholder:"ID" help:"message_id: what an edit, a delete or a reaction is for."`
	TargetKey string `placeholder:"KEY" help:"target_key: the same, by its message_key."`
	Emoji     string `help:"A reaction's emoji."`
	TraceID   string `placeholder:"ID" help:"trace_id."`
	File      string `short:"f" placeholder:"FILE" help:"Read the whole envelope as JSON from FILE, - for standard input."`
	Wait      wait   `help:"Wait for the receipt, 10s or as long as said: --wait=1m."`
	JSON      bool   `name:"json" help:"Print JSON."`
}

// wait is a flag with a duration that may be left out.
type wait time.Duration

const defaultWait = wait(10 * time.Second)

// IsBool lets the flag stand without a value.
func (w *wait) IsBool() bool { return true }

// Decode reads --wait or --wait=10s.
func (w *wait) Decode(ctx *kong.DecodeContext) error {
	*w = defaultWait
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	d, err := time.ParseDuration(ctx.Scan.Pop().String())
	if err != nil || d <= 0 {
		return errors.New("expected a duration such as 10s")
	}
	*w = wait(d)
	return nil
}

// sent is what is printed without --wait.
type sent struct {
	EntryID string `json:"entry_id"`
	Stream  string `json:"stream"`
}

func (c *sendCommand) Run(a *app) error {
	cfg, b, err := a.connect()
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	data, err := c.envelope(a)
	if err != nil {
		return err
	}
	list := ""
	if c.Wait > 0 {
		list = replyList(cfg.Names(), ulid.Make().String())
		if data, err = withReceipt(data, list); err != nil {
			return err
		}
	}
	name, err := c.check(a, cfg, data)
	if err != nil {
		return err
	}
	stream := cfg.Names().Outbound(name)
	id, err := a.publish(b.Client(), stream, data, c.TraceID)
	if err != nil {
		return err
	}
	if c.Wait == 0 {
		if c.JSON {
			return a.printJSON(sent{id, stream})
		}
		_, err := fmt.Fprintln(a.Stdout, id)
		return err
	}
	answer, err := a.await(b.Client(), list, time.Duration(c.Wait))
	if errors.Is(err, errNoAnswer) {
		return fmt.Errorf("no receipt within %v; entry %s stays in %s until it ends%s: see \"postern status\"",
			time.Duration(c.Wait), id, stream, whyWaits(a, cfg, b, name))
	}
	if err != nil {
		return err
	}
	receipt, err := envelope.DecodeReceipt(answer)
	if err != nil {
		return fmt.Errorf("reading the receipt: %w", err)
	}
	return a.receipt(receipt, c.JSON)
}

// whyWaits is how a platform is that keeps an entry waiting, if that explains
// it.
func whyWaits(a *app, cfg *config.Config, b *bus.Bus, name string) string {
	p, _ := cfg.Platform(name)
	ps, err := readPlatform(a.ctx, b.Client(), cfg.Names(), p)
	if is := ps.standing(); err == nil && is != string(platform.StateReady) {
		return ", and " + name + " is: " + is
	}
	return ""
}

// envelope returns the envelope's bytes, from the flags or a file.
func (c *sendCommand) envelope(a *app) ([]byte, error) {
	if c.File == "" {
		return envelope.Encode(envelope.Outbound{
			Type: envelope.Type(c.Type), ChannelID: c.Channel, ThreadID: c.Thread, Text: c.Text, Format: c.Format,
			MessageKey: c.Key, ReplyTo: c.ReplyTo, MessageID: c.MessageID, TargetKey: c.TargetKey, Emoji: c.Emoji,
			TraceID: c.TraceID,
		}, envelope.JSON)
	}
	if c.Channel+c.Thread+c.Text+c.Format+c.Key+c.ReplyTo+c.MessageID+c.TargetKey+c.Emoji != "" || c.Type != string(envelope.TypeMessage) {
		return nil, usagef("--file holds the whole envelope: leave the other fields' flags out")
	}
	if c.File == "-" {
		data, err := io.ReadAll(a.Stdin)
		if err != nil {
			return nil, fmt.Errorf("reading the envelope: %w", err)
		}
		return data, nil
	}
	data, err := os.ReadFile(c.File)
	if err != nil {
		return nil, fmt.Errorf("reading the envelope: %w", err)
	}
	return data, nil
}

// withReceipt adds receipt_to to a JSON envelope and keeps every other field
// as it is, known or not.
func withReceipt(data []byte, list string) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil || fields == nil {
		return data, nil // the check that follows says what is wrong with it
	}
	if fields["receipt_to"] != nil {
		return nil, usagef("--wait sets receipt_to, and the envelope has one already: leave one of them out")
	}
	fields["receipt_to"] = list
	return json.Marshal(fields)
}

// check holds the envelope against the contract before it is published, and
// returns the platform it is for.
func (c *sendCommand) check(a *app, cfg *config.Config, data []byte) (string, error) {
	limits := envelope.DefaultLimits()
	limits.MaxBytes = cfg.Delivery.MaxEnvelope
	decoded, fault := envelope.DecodeOutbound(data, limits)
	if fault != nil {
		return "", usagef("the envelope is not valid: %v%s", fault, inField(fault.Field, fault.Error()))
	}
	for _, w := range decoded.Warnings {
		fmt.Fprintln(a.Stderr, "warning:", w)
	}
	if c.Wait > 0 && decoded.Encoding == envelope.MessagePack {
		return "", usagef("--wait adds receipt_to to JSON only: put it into the MessagePack envelope yourself")
	}
	name, inside := c.Platform, decoded.Envelope.Platform
	switch {
	case name != "" && inside != "" && name != inside:
		return "", usagef("--platform is %s, the envelope's platform %s: they must be the same", name, inside)
	case name == "" && inside != "":
		name = inside
	case name == "" && len(cfg.Platforms) == 1:
		name = cfg.Platforms[0].Name
	case name == "":
		return "", usagef("which platform? give --platform, one of %s", strings.Join(platformNames(cfg), ", "))
	}
	return name, known(cfg, name)
}

// inField names the field at fault, unless the message has done so.
func inField(field, message string) string {
	if field == "" || strings.Contains(message, field) {
		return ""
	}
	return " (field " + field + ")"
}

// receipt prints a receipt. Only what reached the platform is done.
func (a *app) receipt(r envelope.Receipt, asJSON bool) error {
	if asJSON {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(a.Stdout, describeReceipt(r))
	}
	if r.Status != envelope.StatusDelivered && r.Status != envelope.StatusDuplicate {
		return errReported
	}
	return nil
}

// describeReceipt writes a receipt for a person, with the cure if it failed.
func describeReceipt(r envelope.Receipt) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.Status, r.EntryID)
	if len(r.MessageIDs) > 0 {
		fmt.Fprintf(&b, " as %s", strings.Join(r.MessageIDs, ", "))
	}
	if r.PossibleDuplicate {
		b.WriteString(", possibly twice")
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "\n  warning: %s", w)
	}
	if r.Error != nil {
		fmt.Fprintf(&b, "\n  %v%s\n  %s", r.Error, inField(r.Error.Field, r.Error.Error()), cure(r.Error.Code))
	}
	return b.String()
}
