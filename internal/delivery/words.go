package delivery

// String is the verdict's name, as metrics and logs tell it.
func (v Verdict) String() string {
	switch v {
	case Send:
		return "send"
	case SendAgain:
		return "send_again"
	case Look:
		return "look"
	case Resend:
		return "resend"
	case Park:
		return "park"
	case Duplicate:
		return "duplicate"
	case Conflict:
		return "conflict"
	case Wait:
		return "wait"
	case Poison:
		return "poison"
	case Blocked:
		return "blocked"
	case Overtaken:
		return "overtaken"
	case Elsewhere:
		return "elsewhere"
	default:
		return "unnamed"
	}
}

// String is the move's name, as metrics and logs tell it.
func (m Move) String() string {
	switch m {
	case Retry:
		return "retry"
	case ShutGate:
		return "gate"
	case AwaitPlatform:
		return "outage"
	case AwaitCredentials:
		return "auth"
	case Deliver:
		return "delivered"
	case Die:
		return "dead"
	case Expire:
		return "expired"
	case ParkNow:
		return "parked"
	default:
		return "unnamed"
	}
}
