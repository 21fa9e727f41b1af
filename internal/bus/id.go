package bus

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ID is a stream entry's id.
type ID struct{ MS, Seq uint64 }

// ParseID reads "<ms>-<seq>".
func ParseID(s string) (ID, error) {
	ms, seq, ok := strings.Cut(s, "-")
	if !ok {
		seq = "0"
	}
	m, err1 := strconv.ParseUint(ms, 10, 64)
	n, err2 := strconv.ParseUint(seq, 10, 64)
	if err1 != nil || err2 != nil {
		return ID{}, fmt.Errorf("stream id %q: expected <milliseconds>-<sequence>", s)
	}
	return ID{m, n}, nil
}

// String writes the id as Redis does.
func (i ID) String() string {
	var room [41]byte // twice 20 digits
	text := append(strconv.AppendUint(room[:0], i.MS, 10), '-')
	return string(strconv.AppendUint(text, i.Seq, 10))
}

// Compare orders ids as the stream does.
func (i ID) Compare(j ID) int {
	return cmp.Or(cmp.Compare(i.MS, j.MS), cmp.Compare(i.Seq, j.Seq))
}

// Time is when the entry was added, by Redis' clock, if it made the id itself.
func (i ID) Time() time.Time { return time.UnixMilli(int64(i.MS)) }
