package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The scripts run inside of node: one keeps the origin server on loopback, the
// other has the suite judge the results.
var (
	//go:embed loopback.cjs
	loopback []byte
	//go:embed judge.mjs
	classify []byte
)

// suite is the npm package, as installed.
type suite struct{ dir string }

func (s suite) check() error {
	if _, err := os.Stat(filepath.Join(s.dir, "cli.mjs")); err != nil {
		return fmt.Errorf("-suite is not the directory of http-cache-tests (make conformance installs it): %w", err)
	}
	return nil
}

// environment is how the suite is configured. It reads what npm would set, and
// of the one test to run it wants to be told even that there is none.
func environment(name, value string, more ...string) []string {
	env := []string{"npm_config_id=", "npm_package_config_id="}
	for i, pairs := 0, append([]string{name, value}, more...); i < len(pairs); i += 2 {
		env = append(env, "npm_config_"+pairs[i]+"="+pairs[i+1], "npm_package_config_"+pairs[i]+"="+pairs[i+1])
	}
	return env
}

// startOrigin starts the origin server. What it says is its URL.
func (s suite) startOrigin(ctx context.Context, dir string) (*process, error) {
	preload := filepath.Join(dir, "loopback.cjs")
	if err := os.WriteFile(preload, loopback, 0o600); err != nil {
		return nil, err
	}
	env := environment("protocol", "http", "port", "0", "pidfile", filepath.Join(dir, "origin.pid"))
	return start(ctx, dir, "origin", "Listening on ", env,
		"node", "--no-warnings", "--require", preload, filepath.Join(s.dir, "server", "server.mjs"))
}

// show runs one test, which has the client write down all messages and what it
// makes of them.
func (s suite) show(ctx context.Context, url, test string, out io.Writer) error {
	cmd := s.client(ctx, url, test)
	cmd.Stdout = out
	return cmd.Run()
}

func (s suite) client(ctx context.Context, url, test string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "node", "--no-warnings", filepath.Join(s.dir, "cli.mjs"))
	cmd.Env = append(os.Environ(), environment("base", url, "id", test)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// outcome is what the suite makes of one of its tests.
type outcome struct {
	ID      string
	Group   string // of tests
	Name    string // a sentence: what a cache does
	Kind    string // required, optimal or check
	Verdict string // a symbol of the suite
	Message string // what was wrong
}

// run runs all tests. What the client has found out is kept in dir.
func (s suite) run(ctx context.Context, url, dir string) ([]outcome, error) {
	raw, err := s.client(ctx, url, "").Output()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the tests did not come to their end: %w", ctx.Err())
	case err != nil:
		return nil, fmt.Errorf("the suite's client: %w", err)
	case !json.Valid(raw): // its exit code tells nothing
		return nil, errors.New("the suite's client has failed: " + strings.TrimSpace(string(raw)))
	}
	results := filepath.Join(dir, "results.json")
	script := filepath.Join(dir, "judge.mjs")
	if err := errors.Join(os.WriteFile(results, raw, 0o600), os.WriteFile(script, classify, 0o600)); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "node", "--no-warnings", script, s.dir, results)
	cmd.Stderr = os.Stderr
	classified, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("judging the results: %w", err)
	}
	var outcomes []outcome
	if err := json.Unmarshal(classified, &outcomes); err != nil {
		return nil, fmt.Errorf("what the suite says of the results: %w", err)
	}
	return outcomes, nil
}
