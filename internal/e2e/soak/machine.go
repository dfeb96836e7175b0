package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"runtime"

	"github.com/larder-go/larder/internal/testserver/launch"
)

// machine describes this machine, without saying whose it is, and the versions of
// the servers.
func machine(ctx context.Context) []string {
	lines := []string{fmt.Sprintf("%d cores, %s, %s/%s", runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH)}
	for _, program := range []string{"redis-server", "memcached", "postgres"} {
		lines = append(lines, program+": "+version(ctx, program))
	}
	return lines
}

// version returns the first line of what a program says of its version.
func version(ctx context.Context, program string) string {
	path, err := launch.Find(program)
	if err != nil {
		return err.Error()
	}
	said, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return fmt.Sprint("no version: ", err)
	}
	line, _, _ := bytes.Cut(said, []byte("\n"))
	return string(line)
}
