package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/larder-go/larder/middleware"
)

type explainCommand struct {
	Page   string   `arg:"" name:"page" placeholder:"URL" help:"The URL of the page."`
	Secret string   `env:"LARDER_EXPLAIN" placeholder:"SECRET" help:"What the server was given as middleware.Explain. Others can see a command line: LARDER_EXPLAIN is the better place."`
	Header []string `short:"H" sep:"none" placeholder:"'NAME: VALUE'" help:"Send this field; may be repeated."`
	remoteFlag
	Handle bool `name:"run" help:"Have the server run the handler, and say what would become of its response."`
}

// explainField is that of middleware.Explain.
const explainField = "Larder-Explain"

// maxExplanation is how many bytes of an answer are read.
const maxExplanation = 1 << 20

// Run asks a server why a page does or does not come from its cache.
func (c *explainCommand) Run(ctx context.Context, s *session) error {
	r, err := c.request(ctx, s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Wait)
	defer cancel()
	client := newClient(c.Secret != "" && !c.Remote)
	defer client.CloseIdleConnections()
	response, err := client.Do(r.WithContext(ctx))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if c.Secret == "" {
		return c.tell(s, response)
	}
	if response.Header.Get(explainField) == "" {
		return s.out.no(refused(response.Header["Cache-Status"]), newTold(response))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxExplanation))
	if err != nil {
		return fmt.Errorf("the answer broke off: %w", err)
	}
	if s.out.json && !json.Valid(body) {
		return errors.New("the server does not answer with JSON")
	}
	return s.out.result(printable(strings.TrimRight(string(body), "\n")), json.RawMessage(body))
}

// request returns the request to ask with.
func (c *explainCommand) request(ctx context.Context, s *session) (*http.Request, error) {
	if c.Handle && c.Secret == "" {
		return nil, usageError("--run needs a secret")
	}
	r, err := newRequest(ctx, c.Page)
	if err != nil {
		return nil, err
	}
	if err := addFields(r, "-H", c.Header); err != nil {
		return nil, err
	}
	if c.Secret != "" {
		if err := cmp.Or(c.check(r.URL), checkSecret(c.Secret)); err != nil {
			return nil, err
		}
		r.Header.Set(explainField, c.Secret+c.mode())
		r.Header.Set("Accept", accepted(s.out.json))
	}
	return r, nil
}

func (c *explainCommand) mode() string {
	if c.Handle {
		return "; run"
	}
	return ""
}

func accepted(asJSON bool) string {
	if asJSON {
		return "application/json"
	}
	return "text/plain"
}

// refused says why there is no explanation.
func refused(status []string) string {
	if len(status) == 0 {
		return "the server did not explain: the page is not behind a cache of larder, or what is in front of it has answered"
	}
	return "the server did not explain: it has no middleware.Explain here, or another secret"
}

// told is what a response says of its way, as JSON.
type told struct {
	Status int      `json:"status"`
	Caches []member `json:"caches"`
}

func newTold(response *http.Response) told {
	return told{response.StatusCode, parseCacheStatus(response.Header["Cache-Status"])}
}

// tell says what the response of a server that was not asked to explain says by
// itself.
func (c *explainCommand) tell(s *session, response *http.Response) error {
	t := newTold(response)
	if len(t.Caches) == 0 {
		return s.out.no("the response has no Cache-Status: the page is not behind a cache that tells", t)
	}
	var lines []string
	for _, m := range t.Caches {
		lines = append(lines, m.lines()...)
	}
	return s.out.result(strings.Join(lines, "\n"), t)
}

// reasonOf returns what larder means by a detail.
func reasonOf(detail string) (reason middleware.Reason, ok bool) {
	for _, r := range middleware.Reasons() {
		if r.Detail == detail {
			return r, true
		}
	}
	return middleware.Reason{}, false
}
