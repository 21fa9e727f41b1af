package outbound

import (
	"cmp"
	"fmt"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// noAnswer is what happened where this tenure has had no answer of its own.
const noAnswer = "whoever sent it ended, or lost the platform, before the answer was written down"

// parked is the end of an entry whose open part may be there, which a person
// is to decide: happened is what the last attempt at it came to, in the
// adapter's words, or empty.
func parked(claim bus.Claim, happened string) ending {
	return ending{
		status: envelope.StatusParked, part: -1, messageIDs: claim.MessageIDs(),
		err: &envelope.Error{Code: envelope.CodeUnknown, Message: fmt.Sprintf(
			"%s: part %d may have been sent, and this platform cannot tell", cmp.Or(happened, noAnswer), claim.Part+1,
		)},
	}
}
