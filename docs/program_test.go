package docs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
)

// address is where a program listens, or Redis does.
var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

const redisAddress = "127.0.0.1:6379"

// useOwnServers replaces the addresses in a program and its transcript by those of
// servers that no other test uses.
func (s *transcript) useOwnServers(t *testing.T) {
	own := make(map[string]string)
	replace := func(text string) string {
		return address.ReplaceAllStringFunc(text, func(addr string) string {
			if own[addr] == "" && addr == redisAddress {
				own[addr] = testserver.StartRedis(t).Addr()
			} else if own[addr] == "" {
				own[addr] = net.JoinHostPort("127.0.0.1", strconv.Itoa(testserver.FreePort(t)))
			}
			return own[addr]
		})
	}
	s.program = replace(s.program)
	for i := range s.steps {
		s.steps[i].command = replace(s.steps[i].command)
		for j, line := range s.steps[i].want {
			s.steps[i].want[j] = replace(line)
		}
	}
}

// buildPrograms builds the program of each transcript, as main packages that are in
// this folder for the compiler only.
func buildPrograms(t *testing.T, all []transcript) (files []string) {
	t.Helper()
	dir, overlay, targets := t.TempDir(), make(map[string]string), []string(nil)
	for i, shown := range all {
		name := "program" + strconv.Itoa(i)
		overlay[filepath.Join(name, "main.go")] = shown.program
		targets = append(targets, "./"+name)
		files = append(files, filepath.Join(dir, name+executable()))
	}
	args := []string{"build", "-ldflags=-s -w", "-overlay", writeOverlay(t, overlay), "-o", dir + string(filepath.Separator)}
	run(t, ".", "go", append(args, targets...)...)
	return files
}

func executable() string {
	if os.PathSeparator == '\\' {
		return ".exe"
	}
	return ""
}

// writeOverlay writes files that are in this folder for the compiler only, by their
// paths, and returns the file for the flag -overlay.
func writeOverlay(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir, replace := t.TempDir(), make(map[string]string)
	for path, text := range texts {
		shown, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		replace[shown] = filepath.Join(dir, strings.ReplaceAll(filepath.ToSlash(path), "/", "_"))
		write(t, replace[shown], []byte(text))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	write(t, file, overlay)
	return file
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command, which must succeed.
func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v:\n%s", name, err, out)
	}
}

// start starts a program in a folder of its own, which lasts until the end of the
// test, and waits until it accepts connections at addr.
func start(t *testing.T, program, addr string, env, args []string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, args...)
	var log bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = t.TempDir(), append(os.Environ(), env...), &log, &log
	if err := cmd.Start(); err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("the program has written:\n%s", log.Bytes())
		}
	})
	testserver.Await(t, func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}
