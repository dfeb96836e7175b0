//go:build unix

package launch

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

const terminate = syscall.SIGTERM

// attributes gives a server a process group of its own, so that the Ctrl-C of
// a terminal reaches the program that will stop it, and not the server itself.
func attributes(command Command) (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	endWithParent(attributes, command.crash())
	if os.Geteuid() != 0 {
		return attributes, nil
	}
	credential, err := credential(command.User)
	attributes.Credential = credential
	return attributes, err
}

// own gives a file or a folder to the user that a server runs as.
func own(path, name string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	credential, err := credential(name)
	if err != nil {
		return err
	}
	return os.Chown(path, int(credential.Uid), int(credential.Gid))
}

func credential(name string) (*syscall.Credential, error) {
	account, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("servers do not run as root: %w", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
