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

// program is the proxy as it runs.
type program struct {
	t      *testing.T
	url    string
	client *http.Client
	end    context.CancelFunc // tells it to end
	stop   func()             // and waits until it has
}

// start runs the proxy on a free port until the test ends or stop is called,
// which fails the test unless the program ends as it should.
func start(t *testing.T, upstream string, args ...string) *program {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	out, in := io.Pipe()
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0", "-upstream", upstream}, args...), in)
		in.CloseWithError(err)
		ended <- err
	}()
	p := &program{t: t, client: &http.Client{Transport: new(http.Transport)}, end: end}
	stopped := false
	p.stop = func() {
		if stopped {
			return
		}
		stopped = true
		p.client.CloseIdleConnections()
		end()
		if err := <-ended; err != nil {
			t.Errorf("run = %v, want nil", err)
		}
	}
	t.Cleanup(p.stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(line, "listening on ")
	if err != nil || !ok {
		t.Fatalf("the program says %q, %v, want where it listens", line, err)
	}
	p.url = "http://" + strings.TrimSpace(addr)
	return p
}

// reply is a response that has been read as far as it came.
type reply struct {
	*http.Response
	body string
	err  error // of reading the body
}

// get sends a GET with some fields, each as "Name: value".
func (p *program) get(target string, fields ...string) reply {
	p.t.Helper()
	reply, err := p.try(target, fields...)
	if err != nil {
		p.t.Fatal(err)
	}
	return reply
}

// try is get, and returns an error if there is no answer.
func (p *program) try(target string, fields ...string) (reply, error) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+target, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		req.Header.Add(name, value)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return reply{res, string(body), err}, nil
}

func (r reply) want(t *testing.T, status int, body string) {
	t.Helper()
	if r.StatusCode != status || r.body != body || r.err != nil {
		t.Errorf("%s: %d %q, %v; want %d %q", r.Request.URL, r.StatusCode, r.body, r.err, status, body)
	}
}

func (r reply) wantCacheStatus(t *testing.T, part string) {
	t.Helper()
	if status := r.Header.Get("Cache-Status"); !strings.Contains(status, part) {
		t.Errorf("%s: Cache-Status is %q, want %q in it", r.Request.URL, status, part)
	}
}
