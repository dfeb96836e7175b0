package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Verdict says whether pages are safe to cache.
type Verdict string

// The verdicts, the best first.
const (
	Safe      Verdict = "safe"       // what changed the response is declared, or the response is not shared
	NotJudged Verdict = "not judged" // it could not be found out
	Unsafe    Verdict = "unsafe"     // one request would be given the response to another
)

// Finding is an input that changed a response, or what could not be judged.
type Finding struct {
	Page    string  `json:"page"`             // "GET /inbox"
	Input   string  `json:"input"`            // what was changed
	Verdict Verdict `json:"verdict"`          //
	Change  string  `json:"change,omitempty"` // what of the response is another
	Why     string  `json:"why"`              // what keeps the responses apart, or that nothing does
	Line    string  `json:"line,omitempty"`   // of code, that would
}

// Report is what an audit has found, in the order of requests and inputs.
type Report struct {
	Pages    int       // whose requests were given
	Requests int       // that were sent
	Findings []Finding //
}

// Verdict is the worst verdict of the findings, Unsafe before NotJudged.
func (r *Report) Verdict() Verdict {
	for _, worst := range []Verdict{Unsafe, NotJudged} {
		if r.count(worst) > 0 {
			return worst
		}
	}
	return Safe
}

func (r *Report) count(v Verdict) (n int) {
	for _, f := range r.Findings {
		if f.Verdict == v {
			n++
		}
	}
	return n
}

// NotJudge adds that something of a page could not be judged.
func (r *Report) NotJudge(page, input, why string) {
	r.Findings = append(r.Findings, Finding{Page: page, Input: input, Verdict: NotJudged, Why: why})
}

// String returns the report as text, the worst first.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d unsafe, %d not judged; %d requests sent for %d\n", r.Verdict(), r.count(Unsafe), r.count(NotJudged), r.Requests, r.Pages)
	for _, v := range []Verdict{Unsafe, NotJudged, Safe} {
		for _, f := range r.Findings {
			if f.Verdict == v {
				b.WriteString(f.String())
			}
		}
	}
	return b.String()
}

// String returns the finding as lines of text.
func (f Finding) String() string {
	text := fmt.Sprintf("%s: %s: %s\n", f.Verdict, f.Page, f.Input)
	for _, line := range [][2]string{{"changed", f.Change}, {"why", f.Why}, {"write", f.Line}} {
		if line[1] != "" {
			text += fmt.Sprintf("\t%-8s %s\n", line[0], line[1])
		}
	}
	return text
}

// MarshalJSON implements [json.Marshaler].
func (r *Report) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // excerpts of pages are to be read
	err := enc.Encode(struct {
		Verdict  Verdict   `json:"verdict"`
		Pages    int       `json:"pages"`
		Requests int       `json:"requests"`
		Findings []Finding `json:"findings"`
	}{r.Verdict(), r.Pages, r.Requests, slices.Concat([]Finding{}, r.Findings)})
	return b.Bytes(), err
}
