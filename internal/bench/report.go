package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// Row is one figure.
type Row struct {
	Group string `json:"group"` // what the table is called that it stands in
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	Spread
	// Ratio is the figure over its yardstick's in the same runs, run by run:
	// the medians of both may be of different ones. nil = it has none.
	Ratio     *Spread `json:"ratio,omitempty"`
	Yardstick string  `json:"yardstick,omitempty"`
	Note      string  `json:"note,omitempty"`
}

// Report is what was measured at one time on one machine.
type Report struct {
	At      time.Time `json:"at"`
	Machine Machine   `json:"machine"`
	Rows    []Row     `json:"rows"`
}

// Add takes a figure in, as its runs came. yard are the yardstick's runs, in the
// same order; none = no ratio.
func (r *Report) Add(group, name, unit string, runs []float64, yardstick string, yard []float64) *Row {
	row := Row{Group: group, Name: name, Unit: unit, Spread: SpreadOf(runs)}
	if n := min(len(runs), len(yard)); n > 0 {
		ratios := make([]float64, 0, n)
		for i := range n {
			if yard[i] > 0 {
				ratios = append(ratios, runs[i]/yard[i])
			}
		}
		s := SpreadOf(ratios)
		row.Ratio, row.Yardstick = &s, yardstick
	}
	r.Rows = append(r.Rows, row)
	return &r.Rows[len(r.Rows)-1]
}

// WriteJSON writes the report as one object.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteMarkdown writes the report as a table for each group.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n", r.Machine, r.At.UTC().Format("2006-01-02 15:04 MST"))
	group := ""
	for _, row := range r.grouped() {
		if row.Group != group {
			group = row.Group
			fmt.Fprintf(&b, "\n**%s**\n\n| what | median | min … max | unit | ratio, min … max | to |\n| --- | ---: | ---: | --- | ---: | --- |\n", group)
		}
		ratio, to := "", ""
		if row.Ratio != nil {
			ratio = fmt.Sprintf("%.2f (%.2f … %.2f)", row.Ratio.Median, row.Ratio.Min, row.Ratio.Max)
			to = row.Yardstick
		}
		name := row.Name
		if row.Note != "" {
			name += " (" + row.Note + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s … %s | %s | %s | %s |\n",
			name, figure(row.Median), figure(row.Min), figure(row.Max), row.Unit, ratio, to)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// grouped are the rows, those of a group together, as the groups first come.
func (r *Report) grouped() []Row {
	place := map[string]int{}
	for _, row := range r.Rows {
		if _, ok := place[row.Group]; !ok {
			place[row.Group] = len(place)
		}
	}
	rows := slices.Clone(r.Rows)
	slices.SortStableFunc(rows, func(a, b Row) int { return place[a.Group] - place[b.Group] })
	return rows
}

// figure writes a number with three places that count.
func figure(v float64) string {
	a := math.Abs(v)
	switch {
	case a >= 1000:
		return grouped(int64(math.Round(v)))
	case a >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

func grouped(n int64) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
