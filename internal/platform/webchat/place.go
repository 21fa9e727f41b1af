package webchat

import (
	"errors"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// dm is how a visitor's own direct messages are called in an address.
const dm = "dm"

// dmPrefix begins the channel_id of direct messages; the visitor's id follows.
const dmPrefix = "dm-"

func isDM(channel string) bool { return strings.HasPrefix(channel, dmPrefix) }

// checkPlace says what is wrong with the name of a channel or a thread, or nil.
func checkPlace(name string) error {
	bad := name == "" || len(name) > 64 || name[0] == '-' || strings.Trim(name, ".") == "" || name == dm
	for i := 0; i < len(name) && !bad; i++ {
		b := name[i]
		bad = !(b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("._~-", b) >= 0)
	}
	if bad {
		return errors.New("expected 1 to 64 of A-Z a-z 0-9 . _ ~ -, not beginning with - and not only dots")
	}
	return nil
}

// checkAddress refuses an operation to a place that web chat cannot have.
func checkAddress(e *envelope.Outbound) *platform.Error {
	if err := checkPlace(e.ChannelID); err != nil {
		return platform.Refused(envelope.CodeInvalid, "channel_id", "web chat has no room of this name: %v", err)
	}
	if e.ThreadID == "" {
		return nil
	}
	if err := checkPlace(e.ThreadID); err != nil {
		return platform.Refused(envelope.CodeInvalid, "thread_id", "web chat has no thread of this name: %v", err)
	}
	return nil
}

// roomName is what an event calls a room.
func roomName(channel string) string {
	if isDM(channel) {
		return ""
	}
	return channel
}
