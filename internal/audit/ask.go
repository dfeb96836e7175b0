package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/larder-go/larder/internal/explain"
)

// sample is the answer to one request.
type sample struct {
	pages   []explain.Page // that the request came to, the outermost first
	cookies []*http.Cookie // that the client was given
}

// ErrNotJudged is matched by errors of answers that say nothing of the pages, and of [Auditor].Ask
// where a request that has no answer is no reason to end the audit.
var ErrNotJudged = errors.New("not judged")

// errNoPage is the error of an answer that no page has given. A changed request may lead
// to somewhere else.
var errNoPage = errors.New("no cached page has answered")

// isFailure reports whether a status says nothing about a page: the server or the handler
// has failed (RFC 9110, section 15.6), or has had too many requests (RFC 6585, section 4).
func isFailure(status int) bool {
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// isOutage reports whether a status says nothing about the request either. 500 may be what
// the handler makes of it.
func isOutage(status int) bool {
	return isFailure(status) && status != http.StatusInternalServerError
}

func notJudged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrNotJudged, fmt.Errorf(format, args...))
}

// observe sends a request past all caches, and returns what the pages on its way make of
// it. An error that does not match ErrNotJudged says that there was no answer.
func (a *Auditor) observe(r *http.Request) (*sample, error) {
	r = r.Clone(r.Context())
	r.Header.Set(explain.Field, a.Secret+"; "+explain.Audit)
	a.report.Requests++
	response, err := a.Ask(r)
	if err != nil {
		return nil, err
	}
	defer func() {
		_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that its connection is used again
		_ = response.Body.Close()
	}()
	if response.Header.Get(explain.Field) != explain.Audited {
		return nil, notAudited(response)
	}
	pages, err := readPages(response)
	if err != nil {
		return nil, err
	}
	s := &sample{pages: pages, cookies: response.Cookies()}
	for i := range s.pages {
		p := &s.pages[i]
		if isOutage(p.Response.Status) && !p.IsStored() {
			return nil, notJudged("the page has failed with status %s", statusText(p.Response))
		}
		uncode(&p.Response)
		s.cookies = append(s.cookies, (&http.Response{Header: p.Response.Header}).Cookies()...)
	}
	return s, nil
}

// maxAnswer is how many bytes of an answer are read, and of a page's body: each with its
// content coding, and without it, so that no compressed answer fills the memory.
const maxAnswer = 64 << 20

// readPages reads an answer. The error matches ErrNotJudged.
func readPages(response *http.Response) ([]explain.Page, error) {
	coding := strings.Join(response.Header["Content-Encoding"], ", ")
	body, err := decoded(io.LimitReader(response.Body, maxAnswer), coding)
	if err != nil {
		return nil, notJudged("the answer cannot be read: %w", err)
	}
	limited := &io.LimitedReader{R: body, N: maxAnswer}
	var answer explain.Answer
	switch err := json.NewDecoder(limited).Decode(&answer); {
	case err != nil && limited.N <= 0:
		return nil, notJudged("the answer has more than %d bytes", maxAnswer)
	case err != nil:
		return nil, notJudged("the answer cannot be read: %w", err)
	case len(answer.Pages) == 0:
		return nil, notJudged("the answer names no page")
	}
	return answer.Pages, nil
}

// notAudited says why a page has not answered.
func notAudited(response *http.Response) error {
	switch location := response.Header.Get("Location"); {
	case isFailure(response.StatusCode):
		return notJudged("the server has failed with status %d before a page was asked", response.StatusCode)
	case response.Header.Get("Cache-Status") != "":
		return notJudged("%w: its server has no Explain option here, or another secret, or a cache in front of it has answered", errNoPage)
	case location != "":
		return notJudged("%w: the status is %d, to %s", errNoPage, response.StatusCode, location)
	}
	return notJudged("%w (status %d): wrap its handler in CachePage, Site or Shared, with the options that it is to have", errNoPage, response.StatusCode)
}
