package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/larder-go/larder/internal/audit"
)

type auditCommand struct {
	Page     string   `arg:"" name:"page" placeholder:"URL" help:"The URL of the page."`
	Secret   string   `env:"LARDER_EXPLAIN" placeholder:"SECRET" help:"What the server was given as middleware.Explain. Others can see a command line: LARDER_EXPLAIN is the better place."`
	Header   []string `short:"H" sep:"none" placeholder:"'NAME: VALUE'" help:"Send this field with every request; may be repeated."`
	As       []string `sep:"none" placeholder:"'NAME: VALUE'" help:"Ask as this user, too: 'Cookie: session=...'. Give two or more, or users are not judged."`
	Change   []string `sep:"none" placeholder:"'NAME: VALUE'" help:"Change this field, too, which is not one of those that are known; may be repeated."`
	Harmless []string `placeholder:"NAME" help:"A response field that may differ; may be repeated."`
	remoteFlag
}

// Run audits a page of a server, past its caches.
func (c *auditCommand) Run(ctx context.Context, s *session) error {
	requests, names, err := c.requests(ctx)
	if err != nil {
		return err
	}
	engine, err := c.auditor()
	if err != nil {
		return err
	}
	engine.Names = names
	client := newClient(!c.Remote)
	defer client.CloseIdleConnections()
	engine.Ask = func(r *http.Request) (*http.Response, error) { return askWithin(client, r, s) }
	if c.Secret == "" {
		return c.withoutSecret(s, engine, requests[0])
	}
	report, err := engine.Run(ctx, requests)
	if err != nil {
		return err
	}
	if len(c.As) < 2 {
		report.NotJudge(pageOf(requests[0]), "users", "give --as 'Cookie: session=...' twice or more, with what two users send")
	}
	return s.out.audited(&report)
}

// requests returns a request of the page without a user, and one for each user, and the
// names that the report has for them.
func (c *auditCommand) requests(ctx context.Context) (requests []*http.Request, names []string, err error) {
	r, err := newRequest(ctx, c.Page)
	if err == nil {
		err = cmp.Or(c.check(r.URL), checkSecret(c.Secret), addFields(r, "-H", c.Header))
	}
	if err != nil {
		return nil, nil, err
	}
	requests, names = append(requests, r), append(names, "the page without a user")
	for i, as := range c.As {
		user := r.Clone(ctx)
		if err := addFields(user, "--as", []string{as}); err != nil {
			return nil, nil, err
		}
		requests, names = append(requests, user), append(names, fmt.Sprintf("user %d", i+1))
	}
	return requests, names, nil
}

// auditor returns an auditor with what the flags say, except how to ask.
func (c *auditCommand) auditor() (*audit.Auditor, error) {
	a := &audit.Auditor{Secret: c.Secret, Harmless: c.Harmless}
	for _, text := range c.Change {
		field, err := parseField("--change", text)
		if err != nil {
			return nil, err
		}
		a.Fields = append(a.Fields, field)
	}
	return a, checkFieldNames("--harmless", c.Harmless)
}

// askWithin sends one request of many, each of which may take as long as the user wants
// to wait.
func askWithin(client *http.Client, r *http.Request, s *session) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), s.Wait)
	response, err := client.Do(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	response.Body = &cancelingBody{response.Body, cancel}
	return response, nil
}

// cancelingBody ends the context of its request when it is closed.
type cancelingBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements [io.Closer].
func (b *cancelingBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// withoutSecret asks for the page, once. Without a secret nothing is audited: what is
// stored says nothing of the handler, and requests with one thing changed would store
// their answers for all who ask after them.
func (c *auditCommand) withoutSecret(s *session, engine *audit.Auditor, r *http.Request) error {
	response, err := engine.Ask(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	why := "it takes the server's secret, as LARDER_EXPLAIN, to ask past the cache"
	for _, m := range parseCacheStatus(response.Header["Cache-Status"]) {
		if m.has("hit") {
			why = "the answer was stored (" + m.Cache + "); " + why
			break
		}
	}
	report := audit.Report{Pages: 1, Requests: 1}
	report.NotJudge(pageOf(r), "the page", why)
	return s.out.audited(&report)
}

func pageOf(r *http.Request) string { return r.Method + " " + r.URL.RequestURI() }

// audited prints a report, and returns its exit code.
func (o output) audited(r *audit.Report) error {
	if err := o.result(strings.TrimSuffix(r.String(), "\n"), r); err != nil {
		return err
	}
	switch r.Verdict() {
	case audit.Unsafe:
		return errNo
	case audit.NotJudged:
		return said(exitNotJudged)
	}
	return nil
}
