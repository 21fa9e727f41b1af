package render

import (
	"errors"
	"sort"
	"unicode/utf8"
)

// ErrNothingFits is returned for a limit below that of a single letter.
var ErrNothingFits = errors.New("the limit is too low for a single letter")

// Split cuts a tree into parts that each fit once rendered, in the order of
// the text. It cuts where a reader minds least: before a heading or between
// blocks, else at a line, a sentence, a word, and only then in one, and fills
// each part at least half where there is a choice.
//
// Every part is a tree of its own: emphasis, links, quotes, lists, fences and
// tables that a cut goes through are in both parts; a numbered list goes on
// counting, the rest of an item has no bullet (Again), a table repeats its
// head. Only white space at a seam is dropped. What could fit in no part at
// all, such as an address that is longer than one, loses its mark-up and keeps
// its text.
//
// fits is called about a dozen times a part and must hold for the beginning of
// whatever it holds for.
func Split(nodes []Node, fits func([]Node) bool) ([][]Node, error) {
	if fits(nodes) {
		return [][]Node{nodes}, nil
	}
	var parts [][]Node
	for tree := newCuttable(nodes); ; {
		more, rest := tree.parts(fits)
		parts = append(parts, more...)
		if rest == nil {
			return parts, nil
		}
		looser, ok := loosen(rest)
		if !ok {
			return nil, ErrNothingFits
		}
		tree = newCuttable(looser)
	}
}

// cuttable is a tree with the places where it may be cut.
type cuttable struct {
	nodes  []Node
	places []place // rising
}

func newCuttable(nodes []Node) cuttable {
	return cuttable{nodes: nodes, places: placesIn(nodes)}
}

// parts cuts parts off from the front for as long as one fits, and returns
// what is left, nil if nothing is.
func (c cuttable) parts(fits func([]Node) bool) (parts [][]Node, rest []Node) {
	end := size(c.nodes)
	last := 64 // places in the part before: where to begin to look
	for from, i := 0, 0; from < end; {
		fitting := func(at int) bool { return fits(between(c.nodes, from, at)) }
		n := longest(len(c.places)-i, last, func(n int) bool { return fitting(c.places[i+n-1].at) })
		to := c.withinLetter(from, i, fitting)
		if n > 0 {
			last = n
			chosen := choose(c.places[i:i+n], from)
			if to = c.places[i+chosen].at; !fitting(to) {
				chosen = n - 1 // fits does not hold for a beginning: take what is known
				to = c.places[i+chosen].at
			}
			i += chosen + 1
		}
		if to == from {
			return parts, between(c.nodes, from, end)
		}
		if part := between(c.nodes, from, to); len(part) > 0 {
			parts = append(parts, part)
		}
		from = to
	}
	return parts, nil
}

// longest is the largest n up to most for which fits holds, 0 if for none.
func longest(most, guess int, fits func(n int) bool) int {
	low, high := 0, min(max(guess, 1), most)
	for high > low && fits(high) {
		low, high = high, min(2*high, most)
	}
	// fits holds for low, and not for high unless they meet.
	return low + sort.Search(max(high-low, 1)-1, func(n int) bool { return !fits(low + n + 1) })
}

// withinLetter is the last place that fits in a letter of several code points,
// for one that is longer than a part; from if there is none.
func (c cuttable) withinLetter(from, i int, fitting func(at int) bool) int {
	if i >= len(c.places) || fitting(c.places[i].at) {
		return from
	}
	var ends []int // of its code points, but for the last
	at := from
	for _, r := range leafText(between(c.nodes, from, c.places[i].at)) {
		if at += utf8.RuneLen(r); at >= c.places[i].at {
			break
		}
		ends = append(ends, at)
	}
	n := longest(len(ends), 64, func(n int) bool { return fitting(ends[n-1]) })
	if n == 0 {
		return from
	}
	return ends[n-1]
}

// leafText is the first text in a tree.
func leafText(nodes []Node) string {
	for len(nodes) > 0 {
		if isText(nodes[0].Kind) {
			return nodes[0].Content
		}
		nodes = nodes[0].Children
	}
	return ""
}

// choose takes the place among those that fit where a reader minds the cut
// least: the rank decides as long as the part is not left too empty for it.
func choose(places []place, from int) int {
	whole := places[len(places)-1].at - from
	for rank := beforeHeading; rank > inWord; rank-- {
		for i := len(places) - 1; i >= 0; i-- {
			if (places[i].at-from)*100 < whole*fill[rank] {
				break
			}
			if places[i].rank >= rank {
				return i
			}
		}
	}
	return len(places) - 1
}

// fill is how full, in per cent, a part must be left by a cut of a rank.
var fill = [...]int{inWord: 0, atWord: 25, atSentence: 60, atLine: 50, atBlock: 50, beforeHeading: 50}
