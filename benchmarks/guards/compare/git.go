package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// git runs a command of git in this repository.
func git(ctx context.Context, args ...string) error {
	if out, err := exec.CommandContext(ctx, "git", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
