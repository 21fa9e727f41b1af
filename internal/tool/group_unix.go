//go:build unix

package tool

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the command the leader of a new process group.
func ownGroup(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return nil
}

// terminateGroup asks every process of the group that leader leads to end.
func terminateGroup(leader int) { _ = syscall.Kill(-leader, syscall.SIGTERM) } // ESRCH: it is gone

// killGroup ends every process of the group that leader leads.
func killGroup(leader int) { _ = syscall.Kill(-leader, syscall.SIGKILL) } // ESRCH: it is gone

// groupEmpty reports whether the group that leader led has no member left.
func groupEmpty(leader int) bool { return syscall.Kill(-leader, 0) == syscall.ESRCH }
