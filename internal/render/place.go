package render

import (
	"strings"

	"github.com/rivo/uniseg"
)

// rank says how little a reader minds a cut, the least last.
type rank int

const (
	inWord rank = iota // between two letters
	atWord
	atSentence
	atLine
	atBlock
	beforeHeading
)

// place is where a tree may be cut: at is the size of what is before it.
type place struct {
	at   int
	rank rank
}

// size is how much there is to cut in nodes: the bytes of their texts, and one
// for whatever stays whole.
func size(nodes []Node) int {
	n := 0
	for i := range nodes {
		n += sizeOf(&nodes[i])
	}
	return n
}

func sizeOf(n *Node) int {
	switch {
	case isText(n.Kind):
		return max(len(n.Content), 1)
	case isWhole(n.Kind) || len(n.Children) == 0:
		return 1
	default:
		return size(n.Children)
	}
}

func isText(k Kind) bool { return k == Text || k == Code || k == CodeBlock }

// isWhole says of a node that is not text that no cut goes through it.
func isWhole(k Kind) bool { return k == Mention || k == Image || k == Break || k == Rule }

// placesIn are all places of a tree, rising, the end included.
func placesIn(nodes []Node) []place {
	s := &surveyor{}
	s.nodes(nodes)
	return s.places
}

// surveyor walks a tree and notes the places behind what it has passed.
type surveyor struct {
	at     int
	places []place
}

// pass goes on by n bytes, behind which a cut has a rank.
func (s *surveyor) pass(n int, r rank) {
	s.at += n
	s.places = append(s.places, place{at: s.at, rank: r})
}

// raise gives the place behind what was passed last a higher rank.
func (s *surveyor) raise(r rank) {
	if len(s.places) > 0 {
		last := &s.places[len(s.places)-1]
		last.rank = max(last.rank, r)
	}
}

func (s *surveyor) nodes(nodes []Node) {
	for i := range nodes {
		n := &nodes[i]
		switch {
		case n.Kind == CodeBlock:
			s.code(n.Content)
		case isText(n.Kind):
			s.text(n.Content)
		case n.Kind == Break:
			s.pass(1, atLine)
		case isWhole(n.Kind) || len(n.Children) == 0:
			s.pass(1, inWord)
		default:
			s.nodes(n.Children)
		}
		s.behind(nodes, i)
	}
}

// behind ranks the seam between a node and the next one.
func (s *surveyor) behind(nodes []Node, i int) {
	switch around(nodes[i].Kind) {
	case emptyLine:
		switch {
		case nodes[i].Kind == Heading && i+1 < len(nodes):
			s.places[len(s.places)-1].rank = inWord // it would head nothing
		case i+1 < len(nodes) && nodes[i+1].Kind == Heading:
			s.raise(beforeHeading)
		default:
			s.raise(atBlock)
		}
	case newline:
		if s.raise(atLine); nodes[i].Kind == Row && nodes[i].Head {
			s.places[len(s.places)-1].rank = inWord // as the head of a table does
		}
	case tab:
		s.raise(atWord)
	}
}

// text notes a place behind each letter, by Unicode's rules for letters, lines
// and sentences.
func (s *surveyor) text(content string) {
	if content == "" {
		s.pass(1, inWord)
		return
	}
	state := -1
	for rest := content; rest != ""; {
		var letter string
		var found int
		letter, rest, found, state = uniseg.StepString(rest, state)
		r := inWord
		space := strings.TrimSpace(letter) == ""
		switch {
		case found&uniseg.MaskSentence != 0 && (space || rest != ""):
			r = atSentence
		case found&uniseg.MaskLine != uniseg.LineDontBreak && (space || rest != ""):
			r = atWord
		}
		s.pass(len(letter), r)
	}
}

// code notes a place behind each letter of a code block.
func (s *surveyor) code(content string) {
	if content == "" {
		s.pass(1, inWord)
		return
	}
	blank := false // nothing on this line so far
	state := -1
	for rest := content; rest != ""; {
		var letter string
		letter, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		switch {
		case letter == "\n" && (blank || strings.HasPrefix(rest, "\n")):
			s.pass(len(letter), atBlock)
		case letter == "\n":
			s.pass(len(letter), atLine)
		case strings.TrimSpace(letter) == "":
			s.pass(len(letter), atWord)
		default:
			s.pass(len(letter), inWord)
		}
		blank = letter == "\n"
	}
}
