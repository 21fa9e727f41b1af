package bus

// texts are many short texts, made with two allocations.
type texts struct {
	bytes []byte
	ends  []int
}

func newTexts(many, each int) *texts {
	return &texts{bytes: make([]byte, 0, many*each), ends: make([]int, 0, many)}
}

// end ends a text; what is appended to bytes from here on is the next one's.
func (t *texts) end() { t.ends = append(t.ends, len(t.bytes)) }

// all are the texts.
func (t *texts) all() []string {
	whole, out, from := string(t.bytes), make([]string, len(t.ends)), 0
	for i, end := range t.ends {
		out[i], from = whole[from:end], end
	}
	return out
}
