package launch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Servers refuse to run as root. These are who runs them then.
const (
	nobody   = "nobody"
	postgres = "postgres" // made by the package of PostgreSQL, which wants to know who it is
)

// makeDir makes a temporary folder that only the user may enter.
func makeDir(user string) (string, error) {
	dir, err := os.MkdirTemp("", "larder-server-")
	if err != nil {
		return "", err
	}
	if err := own(dir, user); err != nil {
		_ = os.Remove(dir) // it is empty; the first error is the one to tell
		return "", err
	}
	return dir, nil
}

// writeFile writes a file that only the user may read.
func writeFile(user, dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return own(path, user)
}

// newCmd returns the program as its user, in the folder.
func newCmd(ctx context.Context, dir string, command Command) (*exec.Cmd, error) {
	path, err := Find(command.Program)
	if err != nil {
		return nil, err
	}
	attributes, err := attributes(command)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, command.Args...)
	cmd.Dir = dir
	cmd.SysProcAttr = attributes
	return cmd, nil
}

// run runs a program to its end, or kills it at that of ctx.
func run(ctx context.Context, dir string, command Command) error {
	cmd, err := newCmd(ctx, dir, command)
	if err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command.Program, err, out)
	}
	return nil
}
