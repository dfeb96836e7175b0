package report

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/larder-go/larder/internal/testserver/launch"
)

// Machine says on what was measured, without saying whose it is.
type Machine struct {
	CPU      string
	Cores    int // that Go uses
	System   string
	Go       string
	Programs []string          // the servers with their versions
	modules  map[string]string // versions of modules by path
}

// ThisMachine describes the machine and the versions of all that takes part.
func ThisMachine(ctx context.Context) Machine {
	m := Machine{
		CPU:     cpu(),
		Cores:   runtime.GOMAXPROCS(0),
		System:  runtime.GOOS + "/" + runtime.GOARCH,
		Go:      runtime.Version(),
		modules: map[string]string{},
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			m.modules[module.Path] = module.Version
		}
	}
	for _, program := range [][]string{
		{"redis-server", "--version"}, {"memcached", "--version"}, {"postgres", "--version"}, {"nginx", "-v"}, {"varnishd", "-V"},
	} {
		m.Programs = append(m.Programs, program[0]+": "+says(ctx, program[0], program[1]))
	}
	return m
}

// Version returns the version of a module, or "".
func (m Machine) Version(path string) string { return m.modules[path] }

// cpu returns the name of the processor.
func cpu() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// says returns the first line of what a program says to an argument.
func says(ctx context.Context, program, argument string) string {
	path, err := launch.Find(program)
	if err != nil {
		return err.Error()
	}
	said, err := exec.CommandContext(ctx, path, argument).CombinedOutput() // some say it on standard error
	if err != nil {
		return fmt.Sprint("no version: ", err)
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(said), []byte("\n"))
	return string(line)
}
