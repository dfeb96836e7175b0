package neighbours

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"sync"
	"time"
)

// host and prefix begin the URLs of the site.
const (
	host   = "example.org"
	prefix = "/shop"
)

// maxWait is how long clients wait for a response, by the clock of the bubble.
const maxWait = 10 * time.Minute

// visitor is a user of the site with a browser of their own.
type visitor struct {
	name   string
	client *http.Client
	fields http.Header // that the browser sends with each request
	stage  *stage
}

func newVisitor(s *stage, name string, fields http.Header) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{name: name, stage: s, fields: fields, client: &http.Client{
		Transport:     s.transport,
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response as a visitor got it.
type answer struct {
	who     string
	request string // method and path
	status  int
	header  http.Header
	body    string
	plain   string // body without its coding
	err     error  // of the request, or of reading its body
	early   string // what had come of the body at a moment that the situation chose
}

// pending is a request that is under way.
type pending struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu  sync.Mutex
	got answer
}

// start sends a request without waiting for its response. The fields are added to
// those of the browser, or replace them.
func (v *visitor) start(method, path string, fields ...string) *pending {
	ctx, cancel := context.WithTimeout(v.stage.t.Context(), maxWait)
	r, err := http.NewRequestWithContext(ctx, method, "http://"+host+prefix+path, nil)
	if err != nil {
		v.stage.t.Fatal(err)
	}
	for name, lines := range v.fields {
		r.Header[name] = lines
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	p := &pending{cancel: cancel, done: make(chan struct{})}
	p.got = answer{who: v.name, request: method + " " + path}
	go p.run(v.client, r)
	return p
}

func (p *pending) run(client *http.Client, r *http.Request) {
	defer close(p.done)
	defer p.cancel()
	response, err := client.Do(r)
	if err != nil {
		p.change(func(a *answer) { a.err = err })
		return
	}
	defer response.Body.Close()
	p.change(func(a *answer) { a.status, a.header = response.StatusCode, response.Header })
	var body bytes.Buffer
	for piece := make([]byte, 4096); ; {
		n, err := response.Body.Read(piece)
		body.Write(piece[:n])
		p.change(func(a *answer) { a.body = body.String() })
		if err == io.EOF {
			return
		}
		if err != nil {
			p.change(func(a *answer) { a.err = err })
			return
		}
	}
}

func (p *pending) change(f func(*answer)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.got)
}

// look notes what has come of the body so far.
func (p *pending) look() { p.change(func(a *answer) { a.early = a.body }) }

// leave ends the request as a client does who closes the connection.
func (p *pending) leave() { p.cancel() }

// answer waits for the end of the request.
func (p *pending) answer() answer {
	<-p.done
	return p.got
}

// get asks for a page and notes the answer.
func (v *visitor) get(path string, fields ...string) answer {
	return v.ask(http.MethodGet, path, fields...)
}

// ask sends a request and notes the answer.
func (v *visitor) ask(method, path string, fields ...string) answer {
	a := v.start(method, path, fields...).answer()
	v.stage.note(a)
	return a
}
