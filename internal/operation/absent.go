package operation

// absentMethods are in the contract and not offered by this gateway: a caller
// learns that, and not that it misspelt.
func absentMethods() []Method {
	var all []Method
	for _, m := range []struct{ name, summary string }{
		{"fetch_history", "Reads a channel's messages."},
		{"fetch_message", "Reads one message."},
	} {
		all = append(all, Method{
			Name: m.name, Summary: m.summary,
			lacks: func(Call) string { return "this gateway does not offer it yet" },
		})
	}
	return all
}
