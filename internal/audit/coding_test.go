package audit

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/larder-go/larder/internal/explain"
)

// zippedBody compresses a text.
func zippedBody(t testing.TB, texts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, text := range texts {
		if _, err := io.WriteString(z, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// answered is a response of a page as an answer has it, without its coding where that can
// be taken away.
func answered(coding string, body []byte) explain.Response {
	sum := sha256.Sum256(body)
	r := explain.Response{
		Status: 200, Header: http.Header{"Content-Encoding": {coding}},
		Body: body[:min(len(body), explain.MaxBody)], Length: int64(len(body)), Sum: hex.EncodeToString(sum[:]),
	}
	uncode(&r)
	return r
}

// Bodies are compared to their end where it can be read. Of others, two that were sent as
// different bytes are neither the same nor different.
func TestCodedBodiesAreComparedToTheirEnd(t *testing.T) {
	zeros := strings.Repeat("0", explain.MaxBody+10)
	noise := make([]byte, explain.MaxBody+10)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for name, test := range map[string]struct {
		coding          string
		a, b            []byte
		same, undecided bool
	}{
		"the same":                         {coding: "gzip", a: zippedBody(t, "page"), b: zippedBody(t, "page"), same: true},
		"the same, compressed otherwise":   {coding: "gzip", a: zippedBody(t, "page"), b: append(zippedBody(t, "pa"), zippedBody(t, "ge")...), same: true},
		"another":                          {coding: "gzip", a: zippedBody(t, "page"), b: zippedBody(t, "other")},
		"another behind MaxBody":           {coding: "gzip", a: zippedBody(t, zeros, "a"), b: zippedBody(t, zeros, "b")},
		"the same behind MaxBody":          {coding: "gzip", a: zippedBody(t, zeros, "a"), b: zippedBody(t, zeros, "a"), same: true},
		"a part, sent as the same bytes":   {coding: "gzip", a: zippedBody(t, string(noise)), b: zippedBody(t, string(noise)), same: true},
		"a part, sent as other bytes":      {coding: "gzip", a: zippedBody(t, string(noise), "a"), b: zippedBody(t, string(noise), "b"), undecided: true},
		"an unknown coding":                {coding: "br", a: []byte("a"), b: []byte("b"), undecided: true},
		"an unknown coding, the same":      {coding: "br", a: []byte("a"), b: []byte("a"), same: true},
		"two codings":                      {coding: "gzip, br", a: []byte("a"), b: []byte("b"), undecided: true},
		"what is not in its coding":        {coding: "gzip", a: []byte("a"), b: []byte("b"), undecided: true},
		"what ends early":                  {coding: "gzip", a: zippedBody(t, "page")[:15], b: zippedBody(t, "page"), undecided: true},
		"a window over 8 MB (RFC 9659, 3)": {coding: "zstd", a: wideWindow(t), b: wideWindow(t)[1:], undecided: true},
	} {
		a, b := answered(test.coding, test.a), answered(test.coding, test.b)
		p := newPattern(a, nil)
		if p.matches(b) != test.same || p.isUncompared(b) != test.undecided {
			t.Errorf("%s: the same: %v, undecided: %v", name, p.matches(b), p.isUncompared(b))
		}
	}
}

// wideWindow is a text in zstd that takes a decoder more memory than RFC 9659 allows.
func wideWindow(t testing.TB) []byte {
	t.Helper()
	e, err := zstd.NewWriter(nil, zstd.WithWindowSize(64<<20), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	return e.EncodeAll(bytes.Repeat([]byte("0"), 10<<20), nil)
}

// asked is what observe makes of an answer in a coding.
func asked(coding string, body []byte) error {
	a := &Auditor{Secret: "s", Ask: func(*http.Request) (*http.Response, error) {
		header := http.Header{explain.Field: {explain.Audited}}
		if coding != "" {
			header.Set("Content-Encoding", coding)
		}
		return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(bytes.NewReader(body))}, nil
	}}
	_, err := a.observe(httptest.NewRequest("GET", "/", nil))
	return err
}

// An answer, compressed or not, fills no more memory than the bound.
func TestNoAnswerIsReadWithoutABound(t *testing.T) {
	var bomb bytes.Buffer
	z, _ := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	chunk := strings.Repeat(" ", 1<<20)
	for range maxAnswer>>20 + 2 {
		_, _ = io.WriteString(z, chunk)
	}
	_ = z.Close()
	if err := asked("gzip", bomb.Bytes()); err == nil || !strings.Contains(err.Error(), "the answer has more than 67108864 bytes") {
		t.Errorf("an answer: %v", err)
	}
	r := answered("gzip", bomb.Bytes())
	if !isUnread(r) || r.Body != nil {
		t.Errorf("a page: %d bytes, of %d; the sum is %s", len(r.Body), r.Length, r.Sum)
	}
}

// An answer that could not be read is not audited.
func TestAnAnswerThatIsNoneIsNotJudged(t *testing.T) {
	for body, says := range map[string]string{
		`{"pages":[]}`: "the answer names no page",
		`{}`:           "the answer names no page",
		`null`:         "the answer names no page",
		`{"pages":[`:   "the answer cannot be read: unexpected EOF",
		`<html>`:       "the answer cannot be read: invalid character",
		``:             "the answer cannot be read: EOF",
	} {
		if err := asked("", []byte(body)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", body, err, says)
		}
	}
	if err := asked("br", []byte("x")); err == nil || !strings.Contains(err.Error(), `unknown content coding "br"`) {
		t.Error(err)
	}
}
