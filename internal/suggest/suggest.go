// Package suggest finds the word that was probably meant.
package suggest

// Nearest returns the known word that is nearest to word, or "" if none is
// near: at most one edit for every three characters, and at least one. Of two
// equally near ones the first is taken. Edits are insertions, deletions,
// replacements and swaps of neighbours.
func Nearest(word string, known []string) string {
	best, bestDistance := "", max(1, len(word)/3)+1
	for _, k := range known {
		if d := distance(word, k, bestDistance); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// DidYouMean returns `, did you mean "x"?` for the nearest known word, or "".
func DidYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return `, did you mean "` + near + `"?`
	}
	return ""
}

// distance counts the edits between a and b (optimal string alignment). It
// gives up early, with limit, where the lengths alone differ by as much: a
// foreign word may be long.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
