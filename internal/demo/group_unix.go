//go:build unix

package demo

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps Ctrl-C in the terminal from the child: the parent hears it
// and stops the child in its turn.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
