//go:build !unix

package launch

import (
	"os"
	"syscall"
)

// terminate is the one way to end a program that these systems have.
var terminate = os.Kill

func attributes(Command) (*syscall.SysProcAttr, error) { return nil, nil }

func own(string, string) error { return nil }
