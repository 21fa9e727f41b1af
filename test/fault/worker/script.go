package worker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// line is one thing to say.
type line struct {
	op    *history.Operation
	env   envelope.Outbound // as it is published, less the times below
	raw   string            // not "": this is published as it stands, and is no envelope
	delay time.Duration     // not 0: not_before, from when it is said first
	lasts time.Duration     // not 0: expires_at, from then; under 0 it is past
	crash int               // after it, this many lines are forgotten and said again
	squat bool              // somebody else's value stands at the key of its claim
}

// author writes one worker's script.
type author struct {
	name    string
	profile Profile
	random  *rand.Rand
	lines   []line
	told    []*line // messages with a key that others may name
	growing []*growth
	said    int
}

// script is what a worker will say: count envelopes or a few more.
func script(seed uint64, worker, count int, p Profile) []line {
	a := &author{
		name: fmt.Sprintf("s%d.w%d", seed, worker), profile: p,
		random: rand.New(rand.NewPCG(seed, uint64(worker)+1)),
	}
	for len(a.lines) < count {
		a.next()
		if a.chance(0.01) {
			a.lines[len(a.lines)-1].crash = 1 + a.random.IntN(10)
		}
	}
	for len(a.growing) > 0 {
		a.grow()
	}
	return a.lines
}

func (a *author) chance(p float64) bool { return a.random.Float64() < p }

// next writes the next line, or the lines of a stream.
func (a *author) next() {
	p := a.profile
	if len(a.growing) > 0 && a.chance(0.1) {
		a.grow()
		return
	}
	switch draw := a.random.Float64(); {
	case draw < 0.14 && p.Targets && len(a.told) > 0:
		a.target()
	case draw < 0.19 && p.Streams:
		a.stream()
	case draw < 0.22 && p.Targets && !p.Keyed:
		a.typing()
	case draw < 0.26 && p.Calls:
		a.call()
	case draw < 0.27 && p.Doomed:
		a.doomed()
	case draw < 0.30 && len(a.told) > 0:
		a.conflict()
	case draw < 0.35 && len(a.told) > 0:
		a.lines = append(a.lines, *a.recent()) // once more, as it was
	case draw < 0.50 && !p.Keyed:
		a.message("")
	default:
		a.message(a.name + "-" + strconv.Itoa(a.said))
	}
}

// tag is what nothing else in the run says.
func (a *author) tag() string {
	a.said++
	return a.name + "-" + strconv.Itoa(a.said)
}

// add appends an operation as its envelope.
func (a *author) add(op *history.Operation, more func(*envelope.Outbound)) *line {
	l := line{op: op, env: envelope.Outbound{
		Type: op.Type, ChannelID: op.Channel, ThreadID: op.Thread, TargetKey: op.Target, OnConflict: op.OnConflict, OnUnknown: op.OnUnknown,
	}}
	switch op.Type {
	case envelope.TypeStream:
		l.env.StreamID, l.env.Seq, l.env.Final = op.Key, op.Seq, op.Final
	case envelope.TypeRPC:
		l.env.RequestID = op.Key
	default:
		l.env.MessageKey = op.Key
	}
	if more != nil {
		more(&l.env)
	}
	a.lines = append(a.lines, l)
	return &a.lines[len(a.lines)-1]
}

// address draws a conversation: half of everything goes to a few hot ones.
func (a *author) address() (channel, thread string) {
	n := a.random.IntN(a.profile.channels())
	if a.chance(0.5) {
		n = a.random.IntN(min(3, a.profile.channels()))
	}
	if a.chance(0.2) {
		thread = a.profile.thread(n, a.random.IntN(2))
	}
	return a.profile.named("c", n), thread
}

// policy draws on_unknown, if envelopes are to say.
func (a *author) policy() string {
	if !a.profile.Mixed {
		return ""
	}
	return []string{envelope.UnknownPark, envelope.UnknownResend}[a.random.IntN(2)]
}

func (a *author) message(key string) {
	text := a.tag()
	lines := 1
	if a.chance(0.2) {
		lines = 2 + a.random.IntN(3)
	}
	texts := make([]string, lines)
	for i := range texts {
		texts[i] = text + "." + strconv.Itoa(i)
	}
	op := &history.Operation{Type: envelope.TypeMessage, Key: key, Shows: texts, OnUnknown: a.policy(), Receipt: a.receipt()}
	op.Channel, op.Thread = a.address()
	whole := strings.Join(texts, "\n")
	if !a.profile.Parts {
		op.Shows = []string{whole}
	}
	l := a.add(op, func(e *envelope.Outbound) { e.Text, e.Format = whole, "plain" })
	if key == "" {
		return
	}
	switch draw := a.random.Float64(); {
	case !a.profile.Timing:
	case draw < 0.05:
		l.delay = time.Duration(100+a.random.IntN(2000)) * time.Millisecond
		return // what else is said under its key, or about it, is another story
	case draw < 0.07:
		l.lasts = -time.Minute
	case draw < 0.09:
		l.lasts = time.Duration(200+a.random.IntN(3000)) * time.Millisecond
	}
	told := *l
	a.told = append(a.told, &told)
}

// receipt says whether one is asked for: mostly, since it is evidence.
func (a *author) receipt() bool { return a.chance(0.8) }

// recent is one of the last messages with a key.
func (a *author) recent() *line {
	return a.told[len(a.told)-1-a.random.IntN(min(20, len(a.told)))]
}

// conflict says something else under a key that was used, in the same place.
func (a *author) conflict() {
	first := a.recent()
	text := a.tag()
	a.add(&history.Operation{
		Type: envelope.TypeMessage, Channel: first.op.Channel, Thread: first.op.Thread, Key: first.op.Key, Shows: []string{text},
		OnConflict: []string{envelope.ConflictKeepFirst, envelope.ConflictDead}[a.random.IntN(2)],
		OnUnknown:  first.op.OnUnknown, Receipt: a.receipt(),
	}, func(e *envelope.Outbound) { e.Text = text })
}

// target edits, deletes or reacts to a message of before.
func (a *author) target() {
	first := a.recent()
	tag := a.tag()
	op := &history.Operation{
		Channel: first.op.Channel, Thread: first.op.Thread, Key: "t-" + tag, Target: first.op.Key,
		Shows: []string{tag}, Receipt: a.receipt(),
	}
	switch a.random.IntN(3) {
	case 0:
		op.Type = envelope.TypeEdit
		a.add(op, func(e *envelope.Outbound) { e.Text = tag })
	case 1:
		op.Type = envelope.TypeReaction
		a.add(op, func(e *envelope.Outbound) { e.Emoji = tag })
	default:
		op.Type, op.Shows = envelope.TypeDelete, slices.Repeat([]string{op.Key}, len(first.op.Shows))
		a.add(op, nil)
	}
}

func (a *author) typing() {
	op := &history.Operation{Type: envelope.TypeTyping, Receipt: a.receipt()}
	op.Channel, op.Thread = a.address()
	a.add(op, nil)
}

func (a *author) call() {
	op := &history.Operation{Type: envelope.TypeRPC, Key: "r-" + a.tag(), Reply: true}
	method := []string{"identity", "capabilities", "no_such_method"}[a.random.IntN(3)]
	a.add(op, func(e *envelope.Outbound) { e.Method, e.TimeoutMS = method, 600_000 })
}

func (a *author) doomed() {
	tag := a.tag()
	op := &history.Operation{Type: envelope.TypeMessage, Doomed: true}
	op.Channel, op.Thread = a.address()
	draw := a.random.Float64()
	if draw < 0.4 && !a.profile.Keyed {
		a.add(op, nil).raw = `{"type": "message", "text": "` + tag
		return
	}
	op.Key, op.Receipt = "d-"+tag, a.receipt()
	if draw < 0.8 {
		a.add(op, nil) // a message of nothing
		return
	}
	a.add(op, func(e *envelope.Outbound) { e.Text = tag }).squat = true
}
