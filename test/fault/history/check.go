package history

const (
	resend = "resend"
	park   = "park"
)

// Check holds a history against the promise. It is quick: linear, but for
// sorting, in what happened.
func Check(h History, p Promise) Report {
	j := newJudge(h, p)
	j.invention()
	for _, a := range j.acts {
		j.ends(a)
		j.once(a)
		j.parking(a)
		j.flags(a)
		j.timing(a)
	}
	j.streams()
	j.conflicts()
	j.order()
	j.calls()
	j.holder()
	j.tally()
	return j.report
}

// broken notes a broken promise.
func (j *judge) broken(promise Broken, history []string, what string) {
	j.report.Broken = append(j.report.Broken, Violation{Promise: promise, What: what, History: history})
}

// residue notes what would be broken but for a freeze.
func (j *judge) residue(promise Broken, history []string, what string) {
	j.report.Residue = append(j.report.Residue, Violation{Promise: promise, What: what, History: history})
}
