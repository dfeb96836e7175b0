// Package examples_test builds each example as a reader would, runs it and
// visits it over HTTP.
package examples_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deadline bounds each example; nothing waits that long unless it hangs.
const deadline = 2 * time.Minute

func TestEachExampleServesItsSecondVisitorFromTheCache(t *testing.T) {
	mains, err := filepath.Glob("*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("no examples found: %v", err)
	}
	for _, main := range mains {
		name := filepath.Dir(main)
		t.Run(name, func(t *testing.T) { visit(t, start(t, name, arguments(t, name)...)) })
	}
}

// arguments are those with which an example listens on a free port.
func arguments(t *testing.T, name string) []string {
	args := []string{"-addr", "127.0.0.1:0"}
	if name != "proxy" {
		return args
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, "a page")
	}))
	t.Cleanup(upstream.Close)
	return append(args, "-upstream", upstream.URL)
}

// visit asks for the first page twice.
func visit(t *testing.T, url string) {
	began := time.Now()
	first, status := get(t, url)
	slow := time.Since(began)
	if !strings.Contains(status, "fwd=uri-miss") {
		t.Errorf("first visit: Cache-Status is %q; want fwd=uri-miss", status)
	}
	began = time.Now()
	second, status := get(t, url)
	fast := time.Since(began)
	if !strings.Contains(status, "; hit") {
		t.Errorf("second visit: Cache-Status is %q; want a hit", status)
	}
	if first != second || first == "" {
		t.Errorf("the visits differ: %d and %d bytes", len(first), len(second))
	}
	t.Logf("first visit %v, second %v, %d bytes", slow.Round(time.Microsecond), fast.Round(time.Microsecond), len(first))
}

func get(t *testing.T, url string) (body, cacheStatus string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "example.com" // on whatever port: it is a part of the page's key
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", url, response.Status, b)
	}
	return string(b), response.Header.Get("Cache-Status")
}

// start builds and runs an example on a free port and returns its URL. At the
// end of the test it is stopped as by a shell, and has to end by itself.
func start(t *testing.T, name string, args ...string) (url string) {
	t.Helper()
	return run(t, build(t, name), args...)
}

func build(t *testing.T, name string) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", binary, "./"+name).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// run is start for an example that has been built.
func run(t *testing.T, binary string, args ...string) (url string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(deadline, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		defer watchdog.Stop()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("SIGTERM: %v", err)
		}
		_, _ = io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil {
			t.Errorf("it did not shut down cleanly: %v", err)
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if _, where, ok := strings.Cut(lines.Text(), "listening on "); ok {
			return "http://" + strings.TrimPrefix(where, "http://")
		}
	}
	t.Fatalf("it never said where it listens: %v", lines.Err())
	return ""
}
