//go:build unix && !linux

package launch

import (
	"os"
	"syscall"
)

// endWithParent does nothing: these systems have no way to say it.
func endWithParent(*syscall.SysProcAttr, os.Signal) {}
