package apps

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Host is the name by which visitors ask for an application, directly and through
// the cache, so that its absolute links are equal.
const Host = "app.test"

// answerLimit is how long an answer may take before it counts as none.
const answerLimit = 60 * time.Second

// Request is what a visitor asks for.
type Request struct {
	Method string // GET if empty
	Target string // path and query
	Header http.Header
	Body   string
}

// With returns the request with header fields set: names and values in turn.
func (r Request) With(fields ...string) Request {
	r.Header = maps.Clone(r.Header)
	if r.Header == nil {
		r.Header = http.Header{}
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

func (r Request) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.method(), r.Target)
	for name, values := range r.Header {
		fmt.Fprintf(&b, " [%s: %s]", name, strings.Join(values, ", "))
	}
	return b.String()
}

func (r Request) method() string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// Answer is a response that was read to its end. The body of a whole gzip response
// is decoded, because applications that pad it (against BREACH) never send the
// same bytes twice.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Visitor is a person with cookies. It follows no redirects. It may be used by
// several goroutines.
type Visitor struct {
	client *http.Client

	mu      sync.Mutex
	cookies map[string]string
}

// NewVisitor returns a visitor without cookies. Close ends its connections.
func NewVisitor() *Visitor {
	transport := &http.Transport{DisableCompression: true}
	return &Visitor{
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		cookies: map[string]string{},
	}
}

// Close ends the idle connections of the visitor.
func (v *Visitor) Close() { v.client.CloseIdleConnections() }

// Ask sends a request to the server at base, a URL without a path, and reads the
// answer. It keeps the cookies that the answer sets, and sends those that it has.
func (v *Visitor) Ask(ctx context.Context, base string, r Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	res, err := v.Send(ctx, base, r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil {
		body, err = decoded(res, body)
	}
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %d, %d bytes: %w", r, res.StatusCode, len(body), err)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// Send is Ask for a caller that reads, and closes, the body.
func (v *Visitor) Send(ctx context.Context, base string, r Request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method(), base+r.Target, strings.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, r.Header)
	req.Host = Host
	v.addCookies(req)
	res, err := v.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	v.keepCookies(res)
	return res, nil
}

// Cookie returns the value of a cookie, or "".
func (v *Visitor) Cookie(name string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cookies[name]
}

func (v *Visitor) addCookies(req *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name, value := range v.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
}

func (v *Visitor) keepCookies(res *http.Response) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, cookie := range res.Cookies() {
		if cookie.MaxAge < 0 || cookie.Value == "" {
			delete(v.cookies, cookie.Name)
			continue
		}
		v.cookies[cookie.Name] = cookie.Value
	}
}

// decoded returns the body without its gzip coding, if the body is whole.
func decoded(res *http.Response, body []byte) ([]byte, error) {
	if res.Header.Get("Content-Encoding") != "gzip" || res.StatusCode == http.StatusPartialContent || len(body) == 0 {
		return body, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body, err
	}
	plain, err := io.ReadAll(reader)
	return plain, errors.Join(err, reader.Close())
}
