package child

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill the child when this process dies,
// however it dies.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
