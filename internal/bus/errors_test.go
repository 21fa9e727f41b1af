package bus

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// TestRefused: an answer that will be the same next time, not a lost one, not
// one that passes by itself, not the fence.
func TestRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"WRONGTYPE Operation against a key holding the wrong kind of value": true,
		"ERR The stream has exhausted the last possible ID":                 true,
		"NOPERM this user has no permissions":                               true,
		"ERR max number of clients reached":                                 false,
		"LOADING Redis is loading the dataset in memory":                    false,
		"READONLY You can't write against a read only replica.":             false,
		"CLUSTERDOWN Hash slot not served":                                  false,
		"MOVED 3999 127.0.0.1:6381":                                         false,
		"BUSY Redis is busy running a script.":                              false,
		"OOM command not allowed when used memory > 'maxmemory'.":           false,
		"MISCONF Redis is configured to save RDB snapshots":                 false,
		"NOREPLICAS Not enough good replicas to write.":                     false,
		"UNBLOCKED force unblock from blocking operation":                   false,
		"MASTERDOWN Link with MASTER is down":                               false,
		"ASK 3999 127.0.0.1:6381":                                           false,
		"TRYAGAIN Multiple keys request during rehashing of slot":           false,
		"WRONGPASS invalid username-password pair or user is disabled.":     false,
		"NOAUTH Authentication required.":                                   false,
		"FENCED the lease is not ours":                                      false,
	} {
		if got := refused(fmt.Errorf("redis script settle: %w", classify(refusal(text)))); got != want {
			t.Errorf("%s: refused %v; want %v", text, got, want)
		}
	}
	for _, err := range []error{nil, context.DeadlineExceeded, errors.New("WRONGTYPE, says no Redis")} {
		if refused(err) {
			t.Errorf("%v: refused; want it asked again", err)
		}
	}
}
