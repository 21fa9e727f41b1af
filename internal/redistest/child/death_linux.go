package child

import "syscall"

// dieWithParent has the kernel kill the child when the test's process dies,
// however it dies.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
