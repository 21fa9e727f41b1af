package history

import (
	"fmt"

	"github.com/posternhq/postern/envelope"
)

// calls: every RPC gets one reply in each list that it was asked for in, and one
// that was published again the same.
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
		if len(got) == 0 {
			j.broken(Loss, j.tell(a), fmt.Sprintf("the call %q got no reply", a.Key))
			continue
		}
		j.inLists(a, got)
		for _, r := range got[1:] {
			if r.OK != got[0].OK {
				j.broken(Truth, j.tell(a), fmt.Sprintf("the call %q got replies that differ", a.Key))
				break
			}
		}
	}
}

// inLists holds the replies to a call to the lists that were asked for. A list in
// which nobody knows whether it was published may have none.
func (j *judge) inLists(a *act, got []Reply) {
	count := make(map[string]int)
	for _, r := range got {
		count[r.List]++
	}
	asked := make(map[string]int)
	for _, s := range a.said {
		asked[s.List]++
		if s.Entry != "" && count[s.List] == 0 {
			j.broken(Loss, j.tell(a), fmt.Sprintf("the call %q got no reply in %q", a.Key, s.List))
			return
		}
	}
	for list, n := range count {
		switch {
		case asked[list] == 0:
			j.broken(Truth, j.tell(a), fmt.Sprintf("a reply to the call %q is in the list %q, which is another's", a.Key, list))
		case n > asked[list] && !j.promise.AtLeastOnceReceipts:
			j.broken(Truth, j.tell(a), fmt.Sprintf("the call %q was published %d times for %q and got %d replies", a.Key, asked[list], list, n))
		}
	}
}
