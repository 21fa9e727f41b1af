//go:build !unix

package demo

import "os/exec"

// ownGroup has no counterpart here: Ctrl-C reaches the child as well, which
// then stops a moment earlier.
func ownGroup(*exec.Cmd) {}
