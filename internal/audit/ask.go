package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

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
		return nil, notJudged("%s", notAudited(response))
	}
	body, err := decoded(io.LimitReader(response.Body, maxAnswer), response.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, notJudged("the answer cannot be read: %w", err)
	}
	var answer explain.Answer
	if err := json.NewDecoder(body).Decode(&answer); err != nil {
		return nil, notJudged("the answer cannot be read: %w", err)
	}
	s := &sample{pages: answer.Pages, cookies: response.Cookies()}
	for i := range s.pages {
		p := &s.pages[i]
		uncode(&p.Response)
		s.cookies = append(s.cookies, (&http.Response{Header: p.Response.Header}).Cookies()...)
	}
	return s, nil
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 64 << 20

// notAudited says why a page has not answered.
func notAudited(response *http.Response) string {
	switch location := response.Header.Get("Location"); {
	case response.Header.Get("Cache-Status") != "":
		return "the page was not asked: its server has no Explain option here, or another secret, or a cache in front of it has answered"
	case location != "":
		return fmt.Sprintf("no cached page has answered: the status is %d, to %s", response.StatusCode, location)
	}
	return fmt.Sprintf("no cached page has answered (status %d): wrap its handler in CachePage, Site or Shared, with the options that it is to have", response.StatusCode)
}
