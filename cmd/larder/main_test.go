package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"github.com/larder-go/larder/internal/testbackends"
)

// asCommand makes the test program the command itself.
const asCommand = "LARDER_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	logging.Disable() // as main does
	goleak.VerifyTestMain(m)
}

// outcome is what a run of the command has left.
type outcome struct {
	args           []string
	code           int
	stdout, stderr string
}

// larder runs the command.
func larder(t *testing.T, args ...string) outcome {
	t.Helper()
	return larderWith(t, "", args...)
}

func larderWith(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	return larderWithin(t.Context(), stdin, args...)
}

func larderWithin(ctx context.Context, stdin string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, strings.NewReader(stdin), &stdout, &stderr)
	return outcome{args, code, stdout.String(), stderr.String()}
}

// is checks everything that there is.
func (o outcome) is(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if o.code != code || o.stdout != stdout || o.stderr != stderr {
		t.Errorf("larder %s\nexit code %d, stdout %q, stderr %q\nwant      %d, stdout %q, stderr %q",
			strings.Join(o.args, " "), o.code, o.stdout, o.stderr, code, stdout, stderr)
	}
}

// says checks the exit code, and that each text is somewhere.
func (o outcome) says(t *testing.T, code int, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if o.code != code || !strings.Contains(o.stdout+o.stderr, text) {
			t.Errorf("larder %s\nexit code %d, stdout %q, stderr %q\nwant      %d, and %q",
				strings.Join(o.args, " "), o.code, o.stdout, o.stderr, code, text)
		}
	}
}

// settingsFile writes settings, given by alias, and returns the file's name.
func settingsFile(t *testing.T, settings map[string]any) string {
	t.Helper()
	data, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "caches.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// onEachShared runs a test with a cache on every backend that other processes see: a
// command finds nothing in a memory cache.
func onEachShared(t *testing.T, test func(t *testing.T, backend, url string)) {
	for _, b := range testbackends.Shared() {
		t.Run(b.Name, func(t *testing.T) { test(t, b.Name, b.URL(t)) })
	}
}

// with adds parameters to a URL.
func with(url string, parameters ...string) string {
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return url + separator + strings.Join(parameters, "&")
}
