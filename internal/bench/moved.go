package bench

import (
	"fmt"
	"io"
	"strings"
)

// noise is what a figure moves by at least before it is spoken of, whatever its
// runs say of themselves: they follow each other closely, and a machine changes
// slowly.
const noise = 0.15

// WriteMoved says which figures are others than they were: of those with a
// yardstick the ratio, so that the machine may be another one. A figure has moved
// if its median is outside what the runs before came to, and the other way
// round, and by more than noise.
func (r *Report) WriteMoved(w io.Writer, before *Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nAgainst %s, %s:\n", before.Machine, before.At.UTC().Format("2006-01-02"))
	same, compared := 0, 0
	for _, row := range r.Rows {
		old, ok := before.find(row)
		if !ok {
			continue
		}
		now, then, what := row.Spread, old.Spread, row.Unit
		if row.Ratio != nil && old.Ratio != nil {
			now, then, what = *row.Ratio, *old.Ratio, "of "+row.Yardstick
		} else if r.Machine != before.Machine && row.Unit != "" {
			continue // a time of another machine says nothing
		}
		compared++
		if !moved(now, then) {
			same++
			continue
		}
		fmt.Fprintf(&b, "- %s, %s: %s %s, was %s (%+.0f %%)\n",
			row.Group, row.Name, figure(now.Median), what, figure(then.Median), 100*(now.Median/then.Median-1))
	}
	fmt.Fprintf(&b, "%d of %d figures are within the noise.\n", same, compared)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) find(row Row) (Row, bool) {
	for _, old := range r.Rows {
		if old.Group == row.Group && old.Name == row.Name {
			return old, true
		}
	}
	return Row{}, false
}

func moved(now, then Spread) bool {
	if then.Median == 0 {
		return now.Median != 0
	}
	change := now.Median/then.Median - 1
	if change < noise && change > -noise {
		return false
	}
	return (now.Median > then.Max || now.Median < then.Min) && (then.Median > now.Max || then.Median < now.Min)
}
