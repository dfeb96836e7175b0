package audit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// DefaultApart is how long after the first of two equal requests the last is sent, so that
// a time in a page, to the second, is another one.
const DefaultApart = 1100 * time.Millisecond

// Auditor audits pages. Its fields are set before Run is called, once.
type Auditor struct {
	// Ask sends a request and returns its response, and follows no redirect.
	Ask func(*http.Request) (*http.Response, error)

	Secret   string        // that pages admit
	Fields   []Field       // to change, beside those that are known
	Harmless []string      // response fields that may differ
	Apart    time.Duration // see DefaultApart; 0 is that
	Names    []string      // of the requests, for people; "request 1" and so on otherwise

	report Report
}

// Run audits the pages of these requests, which are GET or HEAD. Requests with the same
// URL are taken for those of different users, and compared with each other. The error is
// that of the first request without an answer.
func (a *Auditor) Run(ctx context.Context, requests []*http.Request) (Report, error) {
	if a.Apart == 0 {
		a.Apart = DefaultApart
	}
	began := time.Now()
	var asked []*subject
	for i, r := range requests {
		name := fmt.Sprintf("request %d", i+1)
		if i < len(a.Names) {
			name = a.Names[i]
		}
		s, err := a.first(ctx, r, name)
		if err != nil {
			return a.report, err
		}
		asked = append(asked, s)
	}
	trials, err := a.tryAll(ctx, asked)
	if err != nil {
		return a.report, err
	}
	if slices.ContainsFunc(asked, func(s *subject) bool { return s.unjudged == nil }) {
		if err := wait(ctx, a.Apart-time.Since(began)); err != nil {
			return a.report, err
		}
	}
	if err := a.again(ctx, asked, trials); err != nil {
		return a.report, err
	}
	for i, s := range asked {
		a.decideEqual(s)
		for _, t := range trials[i] {
			a.decide(s, t)
		}
		a.decideFailures(s, trials[i])
	}
	return a.report, nil
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// first sends a request twice.
func (a *Auditor) first(ctx context.Context, r *http.Request, says string) (*subject, error) {
	s := &subject{says: says, given: true, request: r, ignored: a.Harmless}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != "" {
		s.unjudged = fmt.Errorf("its method is %s: only GET and HEAD are asked", r.Method)
		return s, nil
	}
	if r.Method == http.MethodHead { // it is answered from what a GET would give
		s.request = r.Clone(r.Context())
		s.request.Method = http.MethodGet
	}
	_, err := a.sample(ctx, s)
	if errors.Is(s.unjudged, errCoding) {
		s.request, s.unjudged = withoutBrotli(s.request), nil
		_, err = a.sample(ctx, s)
	}
	if err == nil && s.unjudged == nil {
		_, err = a.sample(ctx, s)
	}
	return s, err
}

// sample sends the request of a subject again, and reports whether the answer counts.
// One that does not leaves what is known of the subject as it is.
func (a *Auditor) sample(ctx context.Context, s *subject) (counts bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	got, err := a.observe(s.request)
	switch {
	case err == nil:
		return s.add(got), nil
	case !errors.Is(err, ErrNotJudged):
		return false, err
	case s.pages == nil:
		s.unjudged = err
	default:
		s.deviate(whyNot(err))
	}
	return false, nil
}

// whyNot is the text of an error that matches ErrNotJudged, for a report.
func whyNot(err error) string { return strings.TrimPrefix(err.Error(), ErrNotJudged.Error()+": ") }

// trial is an input of a request that may have made a difference.
type trial struct {
	input    input
	changed  []*subject
	suspects []pair     // that may get each other's responses, and differ
	apart    *pair      // that differ, and do not
	failed   []*subject // whose answers say nothing
}

type pair struct{ a, b *subject }

// tryAll changes every input of every request, and compares requests of the same URL.
func (a *Auditor) tryAll(ctx context.Context, asked []*subject) ([][]*trial, error) {
	trials := make([][]*trial, len(asked))
	for i, s := range asked {
		if s.unjudged != nil {
			continue
		}
		for _, other := range asked[:i] {
			if other.unjudged == nil && isSameURL(s.request, other.request) {
				t := &trial{input: input{kind: ofUser, name: "who asks"}, changed: []*subject{other}}
				t.compare(s)
				trials[i] = append(trials[i], t)
			}
		}
		for _, in := range inputsOf(s.request, a.Fields, s.cookies) {
			t, err := a.try(ctx, s, in)
			if err != nil {
				return nil, err
			}
			trials[i] = append(trials[i], t)
		}
	}
	return trials, nil
}

func isSameURL(a, b *http.Request) bool {
	return a.URL.String() == b.URL.String() && hostOf(a) == hostOf(b)
}

// try sends the requests of one input. One that no page answers has led to somewhere else,
// if the page still answers the request of s: a server that refuses a client after many
// requests does not.
func (a *Auditor) try(ctx context.Context, s *subject, in input) (*trial, error) {
	t := &trial{input: in}
	left := false
	for _, c := range in.changed {
		other := &subject{says: c.says, request: c.request, ignored: a.Harmless}
		if _, err := a.sample(ctx, other); err != nil {
			return nil, err
		}
		switch {
		case other.unjudged == nil:
			t.changed = append(t.changed, other)
		case errors.Is(other.unjudged, errNoPage):
			left = true
		case !errors.Is(other.unjudged, errCoding) || in.name != "Accept-Encoding": // which asks for the coding
			t.failed = append(t.failed, other)
		}
	}
	if left {
		if _, err := a.sample(ctx, s); err != nil {
			return nil, err
		}
	}
	t.compare(s)
	return t, nil
}

// compare keeps the pairs that may matter, and of the subjects those that are in one.
func (t *trial) compare(s *subject) {
	all := append([]*subject{s}, t.changed...)
	for i, one := range all {
		for _, other := range all[i+1:] {
			switch p := (pair{one, other}); {
			case !p.differs():
			case p.isShared():
				t.suspects = append(t.suspects, p)
			case t.apart == nil && one == s:
				t.apart = &p
			}
		}
	}
	t.changed = slices.DeleteFunc(t.changed, func(other *subject) bool {
		return !slices.ContainsFunc(t.suspects, func(p pair) bool { return p.a == other || p.b == other })
	})
}

// again sends the requests again, and each request that differs from one of them in
// what is not declared twice, however many it differs from: what differs between equal
// requests does not count.
func (a *Auditor) again(ctx context.Context, asked []*subject, trials [][]*trial) error {
	done := make(map[*subject]bool)
	for i, s := range asked {
		if s.unjudged != nil {
			continue
		}
		if err := a.confirm(ctx, s); err != nil {
			return err
		}
		done[s] = true
		for _, t := range trials[i] {
			for _, other := range t.changed {
				if done[other] {
					continue
				}
				done[other] = true
				if err := a.confirm(ctx, other, other, s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// confirm sends requests again, in this order.
func (a *Auditor) confirm(ctx context.Context, subjects ...*subject) error {
	for _, s := range subjects {
		counts, err := a.sample(ctx, s)
		if err != nil {
			return err
		}
		s.confirmed = s.confirmed || counts
	}
	return nil
}
