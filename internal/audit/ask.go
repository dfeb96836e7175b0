package audit

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/klauspost/compress/zstd"

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
	body, err := decoded(response)
	if err != nil {
		return nil, notJudged("the answer cannot be read: %w", err)
	}
	var answer explain.Answer
	if err := json.NewDecoder(body).Decode(&answer); err != nil {
		return nil, notJudged("the answer cannot be read: %w", err)
	}
	s := &sample{pages: answer.Pages, cookies: response.Cookies()}
	for _, p := range s.pages {
		s.cookies = append(s.cookies, (&http.Response{Header: p.Response.Header}).Cookies()...)
	}
	return s, nil
}

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

// decoded returns the body without the coding that outer middleware has applied to it.
func decoded(response *http.Response) (io.Reader, error) {
	body := io.LimitReader(response.Body, 64<<20)
	switch coding := response.Header.Get("Content-Encoding"); coding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(body)
	case "deflate":
		return inflated(body)
	case "zstd":
		return zstd.NewReader(body, zstd.WithDecoderConcurrency(1))
	default:
		return nil, fmt.Errorf("it has the content coding %q", coding)
	}
}

// inflated reads deflate, with which some send the form without a header.
func inflated(body io.Reader) (io.Reader, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	if r, err := zlib.NewReader(bytes.NewReader(data)); err == nil {
		return r, nil
	}
	return flate.NewReader(bytes.NewReader(data)), nil
}
