package launch

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
)

// ErrNotInstalled is matched by the error for a program that is not on this
// machine.
var ErrNotInstalled = errors.New("not installed")

// folders are where packages keep servers, beside those of PATH: Debian leaves
// PostgreSQL out of every PATH and /usr/sbin out of a user's. The last match
// of each pattern, the newest version, comes first.
var folders = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/sbin",
	"/usr/local/sbin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

// Find returns the path of a program, or an error that matches ErrNotInstalled.
func Find(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	for _, folder := range folders {
		found, err := filepath.Glob(filepath.Join(folder, program))
		if err != nil {
			return "", err
		}
		for i := len(found) - 1; i >= 0; i-- {
			if path, err := exec.LookPath(found[i]); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s is %w", program, ErrNotInstalled)
}
