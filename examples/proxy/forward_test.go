package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// asked is what the upstream sees of a request.
type asked struct {
	Host, Target string
	Header       http.Header
}

// echo answers with nothing and remembers what it was asked.
func echo(t *testing.T) (url string, last func() asked) {
	requests := make(chan asked, 1)
	upstream := serving(t, func(_ http.ResponseWriter, r *http.Request) {
		requests <- asked{r.Host, r.RequestURI, r.Header}
	})
	return upstream.URL, func() asked { return <-requests }
}

func TestTheUpstreamLearnsWhoAsksForWhat(t *testing.T) {
	url, last := echo(t)
	p := start(t, url+"/below")
	p.get("/a%2Fb?x=1;y=2&z=%zz", "Accept: text/html", "User-Agent: ours",
		"X-Forwarded-For: 192.0.2.1", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: for=192.0.2.1",
		"Connection: X-Hop", "X-Hop: 1", "Accept-Encoding: identity")
	host := p.url[len("http://"):]
	want := asked{
		Host:   host,
		Target: "/below/a%2Fb?x=1;y=2&z=%zz",
		Header: http.Header{
			"Accept":            {"text/html"},
			"User-Agent":        {"ours"},
			"X-Forwarded-For":   {"127.0.0.1"},
			"X-Forwarded-Host":  {host},
			"X-Forwarded-Proto": {"http"},
		},
	}
	got := last()
	got.Header.Del("Accept-Encoding") // is the cache's business
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEncodedBodiesPassAsTheyAre(t *testing.T) {
	upstream := serving(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, "not really")
	})
	p := start(t, upstream.URL)
	reply := p.get("/", "Accept-Encoding: gzip")
	reply.want(t, 200, "not really")
	if coding := reply.Header.Get("Content-Encoding"); coding != "gzip" {
		t.Errorf("Content-Encoding is %q, want gzip", coding)
	}
}

func TestAnUpstreamThatIsNotThereIsABadGateway(t *testing.T) {
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "page")
	}))
	addr := upstream.Listener.Addr().String()
	if err := upstream.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	p := start(t, "http://"+addr)
	p.get("/page").want(t, 502, "Bad Gateway\n")

	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	upstream.Listener = listener
	upstream.Start()
	defer upstream.Close()
	p.get("/page").want(t, 200, "page")
}

func TestAnUpstreamThatDoesNotBeginToAnswerIsAGatewayTimeout(t *testing.T) {
	upstream := serving(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	p := start(t, upstream.URL, "-timeout", "10ms")
	p.get("/page").want(t, 504, "Gateway Timeout\n")
}

func TestAnUpstreamThatHangsUpIsABadGateway(t *testing.T) {
	upstream := serving(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	p := start(t, upstream.URL)
	p.get("/page").want(t, 502, "Bad Gateway\n")
}

func TestAPageThatBreaksOffIsNeitherWholeNorStored(t *testing.T) {
	for name, length := range map[string]string{"of a known length": "10", "chunked": ""} {
		t.Run(name, func(t *testing.T) {
			broken := true
			upstream := serving(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", "max-age=60")
				if length != "" {
					w.Header().Set("Content-Length", length)
				}
				_, _ = io.WriteString(w, "first")
				if broken {
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				_, _ = io.WriteString(w, "-last")
			})
			p := start(t, upstream.URL)
			if reply, err := p.try("/page"); err == nil && reply.err == nil {
				t.Errorf("the answer is %d %q without an error", reply.StatusCode, reply.body)
			} else if err == nil && !errors.Is(reply.err, io.ErrUnexpectedEOF) {
				t.Errorf("reading the body: %v, want %v", reply.err, io.ErrUnexpectedEOF)
			}
			broken = false
			p.get("/page").want(t, 200, "first-last")
		})
	}
}
