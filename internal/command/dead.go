package command

import "github.com/posternhq/postern/internal/bus"

// deadCommands are what a person does with dead letters.
type deadCommands struct {
	List   deadList   `cmd:"" help:"List dead letters, oldest first."`
	Show   deadShow   `cmd:"" help:"Show one, with its envelope and the cure."`
	Replay deadReplay `cmd:"" help:"Publish again, at the end of the lane, what was sent kept."`
	Drop   deadDrop   `cmd:"" help:"Delete for good."`
}

// parkedCommands are the same for parked records; to resend one is to risk
// that it is there twice.
type parkedCommands struct {
	List   parkedList   `cmd:"" help:"List parked records, oldest first."`
	Show   parkedShow   `cmd:"" help:"Show one, with its envelope and what was sent."`
	Resend parkedResend `cmd:"" help:"Send the rest again: it may then be there twice."`
	Drop   parkedDrop   `cmd:"" help:"Delete for good."`
}

type (
	deadList     struct{ listFlags }
	deadShow     struct{ showFlags }
	deadReplay   struct{ paced }
	deadDrop     struct{ chosen }
	parkedList   struct{ listFlags }
	parkedShow   struct{ showFlags }
	parkedResend struct{ paced }
	parkedDrop   struct{ chosen }
)

type listFlags struct {
	Platform string `arg:"" optional:"" help:"Only this platform's."`
	Limit    int64  `default:"100" help:"At most so many per platform (${default})."`
	JSON     bool   `name:"json" help:"Print JSON, one record a line."`
	filter
}

type showFlags struct {
	Platform string `arg:"" help:"The platform."`
	ID       string `arg:"" help:"The record's id, as list shows it."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// chosen says which records a command is for: those named, or those that pass
// a filter.
type chosen struct {
	Platform string   `arg:"" help:"The platform."`
	IDs      []string `arg:"" optional:"" name:"id" help:"The records' ids, as list shows them."`
	All      bool     `help:"Every record there is now, or every one that the filter lets through."`
	JSON     bool     `name:"json" help:"Print JSON, one record a line."`
	filter
}

// paced is chosen for what gives a platform work.
type paced struct {
	chosen
	Rate float64 `default:"50" help:"At most so many a second (${default}); 0: as fast as Redis takes them."`
}

func (c *deadList) Run(a *app) error   { return a.listRecords(c.listFlags, (*bus.Stream).Dead) }
func (c *parkedList) Run(a *app) error { return a.listRecords(c.listFlags, (*bus.Stream).Parked) }
func (c *deadShow) Run(a *app) error   { return a.showRecord(c.showFlags, (*bus.Stream).Dead) }
func (c *parkedShow) Run(a *app) error { return a.showRecord(c.showFlags, (*bus.Stream).Parked) }
func (c *deadReplay) Run(a *app) error { return a.each(c.chosen, (*bus.Stream).Dead, replay(c.Rate)) }

func (c *parkedResend) Run(a *app) error {
	return a.each(c.chosen, (*bus.Stream).Parked, replay(c.Rate))
}
func (c *deadDrop) Run(a *app) error   { return a.each(c.chosen, (*bus.Stream).Dead, drop()) }
func (c *parkedDrop) Run(a *app) error { return a.each(c.chosen, (*bus.Stream).Parked, drop()) }
