package render

import "strings"

// Dialect writes marks in a platform's own mark-up. Open and Close are called
// in pairs, and never cross: what is opened last is closed first.
type Dialect struct {
	// Text escapes what stands under the marks, so that a reader sees it as it
	// is. lineStart: nothing but raw mark-up stands before it on its line.
	Text  func(text string, marks []Mark, lineStart bool) string
	Open  func(Mark) string
	Close func(Mark) string
}

// Write is the runs in a dialect.
func (d Dialect) Write(runs []Run) string {
	var b strings.Builder
	var open []Mark
	lineStart := true
	for _, r := range runs {
		same := 0
		for same < len(open) && same < len(r.Marks) && open[same] == r.Marks[same] {
			same++
		}
		for i := len(open) - 1; i >= same; i-- {
			b.WriteString(d.Close(open[i]))
		}
		for _, m := range r.Marks[same:] {
			b.WriteString(d.Open(m))
		}
		open = append(open[:same:same], r.Marks[same:]...)
		if r.Raw {
			b.WriteString(r.Text)
		} else {
			b.WriteString(d.Text(r.Text, r.Marks, lineStart))
		}
		if !r.Raw && r.Text != "" {
			lineStart = strings.HasSuffix(r.Text, "\n")
		}
	}
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteString(d.Close(open[i]))
	}
	return b.String()
}
