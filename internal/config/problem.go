package config

import (
	"fmt"
	"strings"
)

// Position is where a value came from: a place in the file, or a variable.
type Position struct {
	File         string
	Line, Column int    // from 1; 0 = the file as a whole
	Variable     string // set instead of the rest
}

// String writes file:line:column, as editors and terminals link it.
func (p Position) String() string {
	switch {
	case p.Variable != "":
		return p.Variable
	case p.Line == 0:
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one thing that is wrong or doubtful. It never bears a secret.
type Problem struct {
	At      Position
	Key     string // the whole path, such as platforms[0].url; "" = the file
	Message string
}

// String writes the problem on one line.
func (p Problem) String() string {
	if p.Key == "" {
		return p.At.String() + ": " + p.Message
	}
	return p.At.String() + ": " + p.Key + ": " + p.Message
}

// Warning is a problem that one can run with.
type Warning = Problem

// Errors is everything that is wrong with a config, in the order of reading.
type Errors []Problem

// Error writes one problem per line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
