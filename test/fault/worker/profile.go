// Package worker is the crowd that publishes in a fault run: workers that
// write to hot and cold conversations, say the same again under the same key,
// also each other's, crash and begin again, and note what they did.
//
// What a worker says is a script, a pure function of seed and profile; how far
// it gets, and how often it says a line again, is up to Redis. Everything that
// it says can be told apart at the platform.
package worker

import (
	"fmt"
	"strconv"
	"time"
)

// Profile is what a crowd says. The zero value says messages, with and without
// keys, and says them again.
type Profile struct {
	Parts   bool // the platform shows each line of a message as a part
	Targets bool // edits, deletes and reactions, named by target_key
	Streams bool // snapshots that grow a message
	Timing  bool // not_before a little ahead, expires_at past and near
	Calls   bool // RPCs
	Doomed  bool // what can only become a dead letter
	Mixed   bool // on_unknown said per envelope, both ways; else the platform's

	// Keyed: everything has a key. For a client that publishes again by itself
	// when an answer is lost, as go-redis does on a Cluster.
	Keyed bool

	Numbers bool // conversations are numbers
	Slack   bool // conversations are as Slack names them

	Channels int           // 0 = 40
	Pause    time.Duration // between two envelopes of a worker, on average
}

// Everything is a profile with all there is, for a platform that shows lines
// as parts or does not.
func Everything(parts bool) Profile {
	return Profile{Parts: parts, Targets: true, Streams: true, Timing: true, Calls: true, Doomed: true}
}

func (p Profile) channels() int {
	if p.Channels == 0 {
		return 40
	}
	return p.Channels
}

// named is the name of a conversation: c7, a number, or as Slack has it.
func (p Profile) named(kind string, n int) string {
	switch {
	case p.Numbers:
		return strconv.Itoa(1000 + n)
	case p.Slack && kind == "t":
		return fmt.Sprintf("1600000000.%06d", n)
	case p.Slack:
		return "C" + strconv.Itoa(1000+n)
	}
	return kind + strconv.Itoa(n)
}

// thread is the name of a thread in a conversation: t1, or a number that no
// other conversation has, nor any thread of another.
func (p Profile) thread(channel, n int) string {
	if p.Numbers {
		return p.named("", channel) + strconv.Itoa(n)
	}
	return p.named("t", n)
}

// elsewhere is a conversation that nothing else is said in.
func (p Profile) elsewhere() string {
	switch {
	case p.Numbers:
		return "999"
	case p.Slack:
		return "C999"
	}
	return "c-elsewhere"
}
