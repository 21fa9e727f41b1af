package platformtest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/platform"
)

// secret is what the memory adapter must not tell.
const secret = "the-token"

// memory is an adapter that keeps every promise, and its own platform. flaws
// breaks one of them.
type memory struct {
	flaws

	mu       sync.Mutex
	host     platform.Host
	effects  []Effect
	seen     map[string]bool
	taken    map[string]time.Time // by key: it shows a lag later
	requests int
	fault    Fault
	plans    int
	opened   int
	leaked   chan struct{}

	arrived chan struct{}
}

// flaws are ways of breaking a promise, one for each check.
type flaws struct {
	levelOutOfRange, capabilitiesChange                        bool
	plansByClock, sendsWhilePlanning, partsGoElsewhere         bool
	takesAnyType, takesAnyMedium, takesNoTarget                bool
	wantsWords, hidesWhatIsGone, forgetsPlaces                 bool
	neverReady, closesOnce, opensOnce, leaksGoroutine          bool
	keepsStateBesidePart, reorders, losesOneOfMany             bool
	ignoresContext, ignoresPermit, sendsBeforePermit           bool
	forgetsKeys, callsLostUnsent, callsRefusedUnknown          bool
	findsNothing, findsByText, callsFailureAbsent, findsNoID   bool
	tellsSecret, logsSecret, takesStrangers, limitsWithoutTime bool
}

func newMemory(f flaws) *memory {
	return &memory{flaws: f, seen: map[string]bool{}, taken: map[string]time.Time{}, arrived: make(chan struct{}, 1), leaked: make(chan struct{})}
}

func (m *memory) Identity() platform.Identity { return platform.Identity{Platform: "memory"} }

func (m *memory) Capabilities() platform.Capabilities {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := platform.Capabilities{
		Types: map[envelope.Type]platform.Level{
			envelope.TypeMessage: platform.Full, envelope.TypeEdit: platform.Full, envelope.TypeTyping: platform.Full, envelope.TypeStream: platform.Full,
		},
		Fields:     map[string]platform.Level{"thread_id": platform.Full, "attachments": platform.Partial, "silent": platform.Dropped},
		Media:      map[string]platform.Level{"data": platform.Full},
		NativeKey:  true,
		Idempotent: []envelope.Type{envelope.TypeEdit},
		LeaseBound: true,
		ReadBack:   []envelope.Type{envelope.TypeMessage}, ReadBackLag: showsAfter.Seconds(),
	}
	if m.levelOutOfRange {
		c.Fields["thread_id"] = 7
	}
	if m.capabilitiesChange && m.opened > 0 {
		c.MaxAttachments = 1
	}
	return c
}

func (m *memory) Open(_ context.Context, host platform.Host) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.opened++
	if m.opensOnce && m.opened > 1 {
		return errors.New("opened already")
	}
	m.host = host
	if m.leaksGoroutine {
		go func() { <-m.leaked }()
	}
	host.State(platform.StateConnecting, "")
	if m.neverReady {
		host.State(platform.StateAuthFailed, "")
		return errors.New("no")
	}
	host.State(platform.StateReady, "")
	return nil
}

func (m *memory) Close(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closesOnce && m.host == nil {
		return errors.New("closed already")
	}
	m.host = nil
	return nil
}

func (m *memory) Plan(op platform.Operation) ([]platform.Part, error) {
	e := op.Envelope
	if m.sendsWhilePlanning {
		m.record(Effect{})
	}
	switch e.Type {
	case envelope.TypeMessage, envelope.TypeTyping:
	case envelope.TypeStream:
		if m.wantsWords && strings.Trim(e.Text, "*#`~[-|> \n") == "" {
			return nil, platform.Refused(envelope.CodeInvalid, "text", "nothing to see")
		}
	case envelope.TypeEdit:
		if len(op.Targets) == 0 && !m.takesNoTarget {
			return nil, platform.Refused(envelope.CodeInvalid, "message_id", "no target")
		}
	default:
		if !m.takesAnyType {
			return nil, platform.Refused(envelope.CodeUnsupported, "type", "no %s", e.Type)
		}
	}
	for _, a := range e.Attachments {
		if a.Data == nil && !m.takesAnyMedium {
			return nil, platform.Refused(envelope.CodeUnsupported, "attachments", "data only")
		}
	}
	effect := Effect{Type: e.Type, ChannelID: e.ChannelID, ThreadID: e.ThreadID, Text: e.Text}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plans++
	if m.plansByClock {
		effect.Text += string(rune('a' + m.plans%26))
	}
	orders := []order{{Effect: effect}}
	for i, id := range slices.DeleteFunc(slices.Clone(op.Targets), func(id string) bool { return id == "" }) {
		if i == 0 {
			orders[0].Target = id
			continue
		}
		orders = append(orders, order{Effect: effect, Target: id, Gone: true}) // it is not needed any more
	}
	if !m.forgetsPlaces {
		orders = planning.Aligned(op.Targets, orders)
	}
	parts, err := planning.Parts(e, orders)
	for i := range parts {
		if m.partsGoElsewhere {
			parts[i].ThreadID = ""
		}
		if m.keepsStateBesidePart {
			m.seen["planned"+string(parts[i].Body)] = true
		}
	}
	return parts, err
}

// order is what a part asks for; the zero order asks for nothing.
type order struct {
	Effect
	Target string `json:",omitempty"`
	Gone   bool   `json:",omitempty"` // the target is to go
}

func (m *memory) record(e Effect) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	m.effects = append(m.effects, e)
	if n := len(m.effects); m.reorders && n == 9 {
		m.effects[n-1], m.effects[n-2] = m.effects[n-2], m.effects[n-1]
	}
}

// act is the platform taking one request.
func (m *memory) act(p platform.Part) {
	var e Effect
	_ = json.Unmarshal(p.Body, &e)
	m.mu.Lock()
	again := m.seen[p.Key]
	m.seen[p.Key] = true
	if !again {
		m.taken[p.Key] = time.Now()
		m.taken[string(p.Body)] = m.taken[p.Key]
	}
	lose := m.losesOneOfMany && p.ChannelID == "channel-40"
	m.mu.Unlock()
	if again && !m.forgetsKeys || lose {
		return
	}
	m.record(e)
}

func (m *memory) Do(ctx context.Context, p platform.Part) (platform.Result, error) {
	if m.sendsBeforePermit {
		m.act(p)
	}
	if err := ctx.Err(); err != nil && !m.ignoresContext {
		return platform.Result{}, &platform.Error{Code: envelope.CodeUnavailable, Message: "ended", Sent: platform.SentNo, Cause: err}
	}
	if !m.ignoresPermit {
		if err := platform.Permit(context.WithoutCancel(ctx)); err != nil {
			return platform.Result{}, &platform.Error{Code: envelope.CodeUnavailable, Message: "no permit", Sent: platform.SentNo, Cause: err}
		}
	}
	m.mu.Lock()
	fault, planned := m.fault, m.seen["planned"+string(p.Body)]
	m.fault = ""
	m.mu.Unlock()
	if m.keepsStateBesidePart && !planned {
		return platform.Result{}, errors.New("never planned that")
	}
	if fault != "" {
		return platform.Result{}, m.fail(ctx, fault, p)
	}
	var o order
	_ = json.Unmarshal(p.Body, &o)
	if o == (order{}) {
		return platform.Result{}, nil
	}
	m.act(p)
	switch {
	case o.Gone:
		return platform.Result{Gone: !m.hidesWhatIsGone}, nil
	case o.Target != "":
		return platform.Result{MessageID: o.Target}, nil
	}
	return platform.Result{MessageID: p.Key}, nil
}

// showsAfter is how long the platform takes to show what it took.
const showsAfter = 30 * time.Millisecond

// Find looks for a part by its key.
func (m *memory) Find(ctx context.Context, p platform.Part, _ time.Time) (platform.Result, bool, error) {
	m.mu.Lock()
	fault, name := m.fault, p.Key
	m.fault = ""
	if m.findsByText {
		name = string(p.Body)
	}
	at, there := m.taken[name]
	m.mu.Unlock()
	if fault != "" && !m.callsFailureAbsent {
		return platform.Result{}, false, m.fail(ctx, fault, p)
	}
	if !there || m.findsNothing || time.Since(at) < showsAfter {
		return platform.Result{}, false, nil
	}
	if m.findsNoID {
		return platform.Result{}, true, nil
	}
	return platform.Result{MessageID: p.Key}, true, nil
}

func (m *memory) fail(ctx context.Context, fault Fault, p platform.Part) error {
	e := &platform.Error{Sent: platform.SentNo, Message: "failed"}
	switch fault {
	case FaultLimited:
		e.Code, e.RetryAfter = envelope.CodeRateLimited, 1
		if m.limitsWithoutTime {
			e.RetryAfter = 0
		}
	case FaultBroken:
		e.Code, e.Sent = envelope.CodeTransient, platform.SentUnknown
	case FaultAuth:
		e.Code = envelope.CodeAuth
	case FaultMissing:
		e.Code = envelope.CodeNotFound
	case FaultRefused:
		e.Code = envelope.CodeUnavailable
		if m.callsRefusedUnknown {
			e.Sent = platform.SentUnknown
		}
	case FaultSilent:
		m.arrived <- struct{}{}
		<-ctx.Done()
		e.Code, e.Sent = envelope.CodeTransient, platform.SentUnknown
	case FaultLost:
		m.act(p)
		e.Code, e.Sent = envelope.CodeTransient, platform.SentUnknown
		if m.callsLostUnsent {
			e.Sent = platform.SentNo
		}
	}
	if m.tellsSecret {
		e.Cause = errors.New("https://host/?token=" + secret)
	}
	if m.logsSecret {
		m.host.Log().Info("failed", "token", secret)
	}
	return e
}

func (m *memory) ServeHook(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	host := m.host
	m.mu.Unlock()
	if m.takesStrangers && host != nil {
		_ = host.Publish(r.Context(), envelope.Event{EventID: "e"}, "")
		return
	}
	w.WriteHeader(http.StatusUnauthorized)
}

func (m *memory) Effects() []Effect {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.effects)
}

func (m *memory) Requests() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.requests
}

func (m *memory) Fail(f Fault) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = f
	return true
}

func (m *memory) Arrived() <-chan struct{} { return m.arrived }

func fixture(f flaws) (Fixture, func()) {
	var mu sync.Mutex
	var all []*memory
	start := func(testing.TB) (platform.Adapter, Peer) {
		m := newMemory(f)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, m)
		return m, m
	}
	end := func() {
		mu.Lock()
		defer mu.Unlock()
		for _, m := range all {
			close(m.leaked)
		}
	}
	return Fixture{Start: start, Secrets: []string{secret}}, end
}
