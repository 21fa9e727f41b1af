package history

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// id is an entry's, to compare.
type id struct{ ms, seq uint64 }

// The ends of all ids.
var (
	first = id{}
	last  = id{math.MaxUint64, math.MaxUint64}
)

func parseID(s string) (id, bool) {
	ms, seq, both := strings.Cut(s, "-")
	m, err := strconv.ParseUint(ms, 10, 64)
	n, err2 := strconv.ParseUint(seq, 10, 64)
	return id{m, n}, both && err == nil && err2 == nil
}

func (a id) before(b id) bool { return a.ms < b.ms || a.ms == b.ms && a.seq < b.seq }

func (a id) next() id { return id{a.ms, a.seq + 1} }

func (a id) String() string { return fmt.Sprintf("%d-%d", a.ms, a.seq) }

// at is the first id of a moment.
func at(t time.Time) id { return id{ms: uint64(max(0, t.UnixMilli()))} }

// Before reports whether an entry stands before another one in their stream. ""
// stands before all.
func Before(a, b string) bool {
	x, _ := parseID(a)
	y, _ := parseID(b)
	return x.before(y)
}
