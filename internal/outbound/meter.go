package outbound

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/delivery"
)

// Meter counts what happens to one platform's entries. Its methods are called
// from many goroutines.
type Meter interface {
	Finished(status envelope.Status, code envelope.Code)
	Delivered(took time.Duration)   // since it was published, or was to be started; not of RPCs
	Judged(delivery.Verdict)        // an entry, from its claim
	Failed(delivery.Move)           // a part did, and this is done about it
	LookedUp(result string)         // a part that may be there: found, absent, failed, untellable
	Retried(code envelope.Code)     // an operation that will be tried again
	ReceiptLost(reason string)      // forbidden, not_a_list, not_allowed
	Lost(entries int)               // trimmed before they were delivered
	Replied(method string, ok bool) // an RPC
	Tenure(active bool)             // the lease was taken or given up
}

// noMeter counts nothing.
type noMeter struct{}

func (noMeter) Finished(envelope.Status, envelope.Code) {}
func (noMeter) Delivered(time.Duration)                 {}
func (noMeter) Judged(delivery.Verdict)                 {}
func (noMeter) Failed(delivery.Move)                    {}
func (noMeter) LookedUp(string)                         {}
func (noMeter) Retried(envelope.Code)                   {}
func (noMeter) ReceiptLost(string)                      {}
func (noMeter) Lost(int)                                {}
func (noMeter) Replied(string, bool)                    {}
func (noMeter) Tenure(bool)                             {}
