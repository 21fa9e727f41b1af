package platform

import "context"

// Checker is an adapter that can say, before it is opened, whether it would
// work: credentials, rights, what is set on the platform. It changes nothing
// there, and bears no secret in what it says. The context bounds it; what
// cannot be reached is a finding too.
type Checker interface {
	Check(ctx context.Context) []Finding
}

// Finding is one thing that is right or wrong with a platform.
type Finding struct {
	Verdict Verdict
	Says    string
	Do      string // what a person is to do; "" for nothing
}

// Verdict is how grave a finding is.
type Verdict int8

// The verdicts.
const (
	Right    Verdict = iota
	Doubtful         // works, but perhaps not as expected
	Wrong            // does not work
)
