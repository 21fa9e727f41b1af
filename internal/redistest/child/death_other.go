//go:build !linux

package child

import "syscall"

// dieWithParent has no counterpart here: a child outlives a test's process
// that is killed.
func dieWithParent() *syscall.SysProcAttr { return nil }
