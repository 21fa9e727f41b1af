package history

import (
	"fmt"

	"github.com/posternhq/postern/envelope"
)

// calls: every RPC gets one reply, and one that was published again the same.
func (j *judge) calls() {
	replies := make(map[string][]Reply)
	for _, r := range j.Replies {
		replies[r.RequestID] = append(replies[r.RequestID], r)
	}
	for _, a := range j.acts {
		if a.Type != envelope.TypeRPC || !a.Reply || len(a.entries) == 0 {
			continue
		}
		got := replies[a.Key]
		switch most := len(a.said); {
		case len(got) == 0:
			j.broken(Loss, j.tell(a), fmt.Sprintf("the call %q got no reply", a.Key))
			continue
		case len(got) > most && !j.promise.AtLeastOnceReceipts:
			j.broken(Truth, j.tell(a), fmt.Sprintf("the call %q was published %d times and got %d replies", a.Key, most, len(got)))
		}
		for _, r := range got[1:] {
			if r.OK != got[0].OK {
				j.broken(Truth, j.tell(a), fmt.Sprintf("the call %q got replies that differ", a.Key))
				break
			}
		}
	}
}
