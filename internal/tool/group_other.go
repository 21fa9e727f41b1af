//go:build !unix

package tool

import (
	"errors"
	"os/exec"
)

// ownGroup refuses: without process groups a tool could outlive its call.
func ownGroup(*exec.Cmd) error {
	return errors.New("tools need process groups, which this system does not have")
}

func terminateGroup(int) {}

func killGroup(int) {}

func groupEmpty(int) bool { return true }
