package coverage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// String is the row as it is called where it stands alone.
func (r Row) String() string { return r.Group + ": " + r.Name }

// String is the table of one coverage.
func (c *Coverage) String() string { return Table([]string{""}, []*Coverage{c}) }

// never is in the cell of what was expected and not shown; a dot, in that of
// what was neither.
const never, nothing = "NEVER", "."

// Table has a column for each of these, under its title.
func Table(titles []string, of []*Coverage) string {
	counts := make([]map[Row]int, len(of))
	all := make(map[Row]bool)
	for i, c := range of {
		counts[i] = c.Counts()
		for r := range counts[i] {
			all[r] = true
		}
	}
	rows := slices.SortedFunc(maps.Keys(all), func(a, b Row) int {
		return cmp.Or(cmp.Compare(slices.Index(groups, a.Group), slices.Index(groups, b.Group)), cmp.Compare(a.Name, b.Name))
	})
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "\t\t%s\n", strings.Join(titles, "\t"))
	group := ""
	for _, r := range rows {
		title := ""
		if r.Group != group {
			group, title = r.Group, r.Group
		}
		_, _ = fmt.Fprintf(w, "%s\t%s", title, r.Name)
		for i := range of {
			_, _ = fmt.Fprintf(w, "\t%s", cell(counts[i], r))
		}
		_, _ = fmt.Fprintln(w)
	}
	_ = w.Flush()
	return out.String()
}

func cell(counts map[Row]int, r Row) string {
	switch n, known := counts[r]; {
	case n > 0:
		return fmt.Sprint(n)
	case known:
		return never
	default:
		return nothing
	}
}
