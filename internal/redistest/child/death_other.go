//go:build !linux

package child

import "os/exec"

// dieWithParent has no counterpart here: a child outlives a test's process
// that is killed.
func dieWithParent(*exec.Cmd) {}
