package history

const (
	resend = "resend"
	park   = "park"
)

// Check holds a history against the promise. It is quick: linear, but for
// sorting, in what happened.
func Check(h History, p Promise) Report {
	var r Report
	return r
}
