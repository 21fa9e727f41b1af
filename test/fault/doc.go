// Package fault runs the built gateway while everything around it fails, and
// has the promise of docs/delivery.md judged from outside.
//
// A run is one seed on one profile. The seed decides what goes wrong (package
// plan) and what is published (package worker); the profile, what kind of
// platform it is and so which promise holds. The stage (package world) is real:
// redis-server, several gateway processes, and a platform (package sink) that
// records what it was asked. When all faults have ended and nothing is left to
// do, the one checker (package history) reads the evidence.
//
// The same seed draws the same faults and the same envelopes. When each takes
// place is up to the machine, so that a broken promise may need its seed to be
// run a few times.
package fault
