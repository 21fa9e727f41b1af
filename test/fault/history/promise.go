package history

import "time"

// Promise is what delivery promises on one kind of platform.
type Promise struct {
	NativeKey bool          // the platform makes nothing new for a key it knows
	Window    time.Duration // and for how long it knows it; 0 = for ever
	ReadBack  bool          // the platform tells whether a part is there

	// OnUnknown is the platform's own, for operations that do not say: resend
	// or park. It has no effect where a key or a look decides.
	OnUnknown string

	Lease time.Duration // delivery.lease of the nodes

	// Skew is how far Redis' clock and the test's may be apart: 0 but for tests
	// that step the clock.
	Skew time.Duration

	// AtLeastOnceReceipts: a receipt may be pushed twice, the same each time:
	// Cluster, lists outside the stream's slot.
	AtLeastOnceReceipts bool
}

// Name says in a word which promise it is.
func (p Promise) Name() string {
	switch {
	case p.NativeKey && p.Window == 0:
		return "native key"
	case p.NativeKey:
		return "native key for " + p.Window.String()
	case p.ReadBack:
		return "read-back"
	case p.OnUnknown == park:
		return "no key, park"
	default:
		return "no key, resend"
	}
}
