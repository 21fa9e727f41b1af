package render

import (
	"strings"
)

// Growing is the source of an answer that is still being written, mended so
// that it reads well as it stands: what was opened last and not closed yet is
// closed, and mark-up of which only a beginning is there is left out. A source
// that is whole comes back as it is. An open fence needs no mending: it reads
// as code to the end.
func Growing(source string) string {
	head, last := lastBlock(source)
	if inFence(source) {
		return source
	}
	return head + closed(withoutHalfLink(withoutHalfLine(last)))
}

// withoutHalfLine leaves out a last line of marks alone: it may become a rule,
// an item or the line below a table's head, and would make a heading of the
// line above it.
func withoutHalfLine(s string) string {
	i := strings.LastIndexByte(s, '\n')
	if i < 0 || strings.Trim(s[i:], "-=|:+*#> \n") != "" || strings.Contains(s[i:], "--|") {
		return s
	}
	return s[:i]
}

// lastBlock parts a source before its last block of lines.
func lastBlock(source string) (head, last string) {
	i := strings.LastIndex(source, "\n\n")
	if i < 0 {
		return "", source
	}
	return source[:i+2], source[i+2:]
}

// inFence reports whether a source ends in a fence that is still open.
func inFence(source string) bool {
	fence := ""
	for line := range strings.Lines(source) {
		line = strings.TrimLeft(line, " >\t")
		mark := leading(line, '`')
		if mark == "" {
			mark = leading(line, '~')
		}
		switch {
		case len(mark) < 3:
		case fence == "":
			if mark[0] != '`' || !strings.Contains(line[len(mark):], "`") {
				fence = mark
			}
		case mark[0] == fence[0] && len(mark) >= len(fence) && strings.TrimSpace(line[len(mark):]) == "":
			fence = ""
		}
	}
	return fence != ""
}

func leading(s string, b byte) string {
	return s[:len(s)-len(strings.TrimLeft(s, string(b)))]
}

// withoutHalfLink leaves out the address of a link that is not closed yet, and
// shows its label.
func withoutHalfLink(s string) string {
	i := strings.LastIndex(s, "](")
	if i < 0 || strings.ContainsAny(s[i:], ") \n") {
		return s
	}
	open := strings.LastIndexByte(s[:i], '[')
	if open < 0 || openCode(s[:open]) != "" {
		return s
	}
	label := s[open+1 : i]
	if open > 0 && s[open-1] == '!' {
		open--
	}
	return s[:open] + label
}

// openCode is the run of backticks that opened a code span which is not
// closed, "" if none is.
func openCode(s string) string {
	open := ""
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\\' && open == "":
			i += 2
		case s[i] == '`':
			run := leading(s[i:], '`')
			if open == "" {
				open = run
			} else if run == open {
				open = ""
			}
			i += len(run)
		default:
			i++
		}
	}
	return open
}

// closed closes what is open. A run of marks at the end that neither closes
// nor opens anything yet is left out.
func closed(s string) string {
	if run := openCode(s); run != "" && strings.HasSuffix(s, run) {
		s = strings.TrimSuffix(s, run)
	} else if t := strings.TrimRight(s, "*_~"); t != s && closers(t) == closers(s) && !strings.HasSuffix(t, "\\") {
		s = t
	}
	closing := closers(s)
	if closing == "" {
		return s
	}
	body := strings.TrimRight(s, " \n")
	return body + closing
}

// closers are the marks that close what is open in a text, in order.
func closers(s string) string {
	var open []string
	for i := 0; i < len(s); {
		b := s[i]
		switch {
		case b == '\\':
			i += 2
			continue
		case b == '`':
			run := leading(s[i:], '`')
			end := strings.Index(s[i+len(run):], run)
			if end < 0 {
				return run + reversed(open)
			}
			i += len(run) + end + len(run)
			continue
		case b == '*' || b == '_' || b == '~':
			run := leading(s[i:], b)
			open = flank(open, run, before(s, i), after(s, i+len(run)))
			i += len(run)
			continue
		}
		i++
	}
	return reversed(open)
}

func before(s string, i int) byte {
	if i == 0 {
		return ' '
	}
	return s[i-1]
}

func after(s string, i int) byte {
	if i >= len(s) {
		return ' '
	}
	return s[i]
}

// flank closes with a run what it can close, and opens with what is left of it
// what it can open.
func flank(open []string, run string, prev, next byte) []string {
	if run[0] == '~' && len(run) != 2 {
		return open
	}
	canClose, canOpen := !isSpace(prev), !isSpace(next)
	if run[0] == '_' && isWord(prev) && isWord(next) {
		return open // in a word: snake_case
	}
	for canClose && run != "" && len(open) > 0 {
		last := open[len(open)-1]
		if last[0] != run[0] || len(last) > len(run) {
			break
		}
		open, run = open[:len(open)-1], run[len(last):]
	}
	for canOpen && run != "" {
		n := min(len(run), 2)
		open, run = append(open, run[:n]), run[n:]
	}
	return open
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' }

func isWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80 || b == '_'
}

func reversed(open []string) string {
	var b strings.Builder
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteString(open[i])
	}
	return b.String()
}
