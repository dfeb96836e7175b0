package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeRoot is a Go installation of a few files.
const fakeRoot = "testdata/goroot"

// program is the quickstart as it runs.
type program struct {
	t      *testing.T
	url    string
	client *http.Client
	stop   func()
}

// start runs the program on a free port until the test ends or stop is called,
// which fails the test unless the program ends as it should.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	out, in := io.Pipe()
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in)
		in.CloseWithError(err)
		ended <- err
	}()
	p := &program{t: t, client: &http.Client{Transport: new(http.Transport)}}
	stopped := false
	p.stop = func() {
		if stopped {
			return
		}
		stopped = true
		p.client.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run = %v, want nil", err)
		}
	}
	t.Cleanup(p.stop)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			p.url = url
			return p
		}
	}
	t.Fatalf("the program does not say where it listens: %v", lines.Err())
	return nil
}

// reply is a response that has been read.
type reply struct {
	*http.Response
	body string
}

func (r reply) cacheStatus() string { return r.Header.Get("Cache-Status") }

func (p *program) get(target string) reply {
	p.t.Helper()
	return p.do(http.MethodGet, target, nil)
}

func (p *program) do(method, target string, header http.Header) reply {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+target, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for name, lines := range header {
		req.Header[name] = lines
	}
	res, err := p.client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return reply{res, string(body)}
}

func (r reply) wantStatus(t *testing.T, code int) {
	t.Helper()
	if r.StatusCode != code {
		t.Fatalf("%s: status %d, want %d; body:\n%s", r.Request.URL, r.StatusCode, code, r.body)
	}
}

func (r reply) want(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.body, part) {
			_, main, _ := strings.Cut(r.body, "<main>")
			t.Errorf("%s: the page does not have %q:\n%s", r.Request.URL, part, main)
		}
	}
}
