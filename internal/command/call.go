package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/posternhq/postern/envelope"
)

type callCommand struct {
	Platform string        `arg:"" help:"The platform."`
	Method   string        `arg:"" help:"identity, capabilities, channel, channels, list_tools, execute_tool …"`
	Params   string        `arg:"" optional:"" help:"Its parameters as a JSON object."`
	Timeout  time.Duration `default:"30s" help:"The call's deadline (${default})."`
	JSON     bool          `name:"json" help:"Print the whole reply."`
}

// grace is how long past an RPC's own deadline its answer is waited for: the
// gateway answers timeout itself.
const grace = 2 * time.Second

func (c *callCommand) Run(a *app) error {
	var params map[string]any
	if c.Params != "" {
		decoder := json.NewDecoder(strings.NewReader(c.Params))
		decoder.UseNumber()
		if err := decoder.Decode(&params); err != nil || params == nil {
			return usagef("the parameters are not a JSON object such as {\"id\": \"lobby\"}")
		}
	}
	if c.Timeout < time.Millisecond {
		return usagef("--timeout is %v, expected 1ms or more", c.Timeout)
	}
	cfg, b, err := a.connect()
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // nothing is left in it
	if err := known(cfg, c.Platform); err != nil {
		return err
	}
	id := ulid.Make().String()
	list := replyList(cfg.Names(), id)
	data, err := envelope.Encode(envelope.Outbound{
		Type: envelope.TypeRPC, RequestID: id, Method: c.Method, Params: params,
		ReplyQueue: list, TimeoutMS: c.Timeout.Milliseconds(),
	}, envelope.JSON)
	if err != nil {
		return err
	}
	stream := cfg.Names().Outbound(c.Platform)
	if _, err := a.publish(b.Client(), stream, data, ""); err != nil {
		return err
	}
	answer, err := a.await(b.Client(), list, c.Timeout+grace)
	if errors.Is(err, errNoAnswer) {
		return fmt.Errorf("no reply within %v: is a node running for %s? see \"postern status\"", c.Timeout+grace, c.Platform)
	}
	if err != nil {
		return err
	}
	reply, err := envelope.DecodeReply(answer)
	if err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	return a.reply(reply, c.JSON)
}

func (a *app) reply(r envelope.Reply, asJSON bool) error {
	if asJSON {
		if err := a.printJSON(r); err != nil {
			return err
		}
		if !r.OK {
			return errReported
		}
		return nil
	}
	if !r.OK {
		if r.Error == nil {
			return errors.New("the call failed without saying how")
		}
		return fmt.Errorf("%w%s\n  %s", r.Error, inField(r.Error.Field, r.Error.Error()), cure(r.Error.Code))
	}
	data, err := json.MarshalIndent(r.Result, "", "  ")
	if err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	_, err = fmt.Fprintln(a.Stdout, string(data))
	return err
}
