package outbound

// Watcher hears how a consumer is. Its methods are called from the consumer's
// goroutines and must not block.
type Watcher interface {
	// Role says whether this consumer is active, and under which epoch,
	// stands by, or does not know (it just lost the lease, or ends).
	Role(role Role, epoch int64)
	// Outage says that the platform fails for everybody, or does so no more;
	// auth: because it refuses the credentials.
	Outage(standing, auth bool)
	// Paused says that an operator paused the platform or resumed it.
	Paused(paused bool)
}

// Role is what a consumer is to its platform.
type Role string

// The roles.
const (
	RoleNone    Role = ""
	RoleStandby Role = "standby"
	RoleActive  Role = "active"
)

type noWatcher struct{}

func (noWatcher) Role(Role, int64)  {}
func (noWatcher) Outage(bool, bool) {}
func (noWatcher) Paused(bool)       {}
