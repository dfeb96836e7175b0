package pagetest

import "github.com/larder-go/larder/internal/audit"

// Verdict says whether pages are safe to cache.
type Verdict string

// The verdicts.
const (
	Safe      Verdict = "safe"       // what changed the response is declared, or the response is not shared
	NotJudged Verdict = "not judged" // it could not be found out
	Unsafe    Verdict = "unsafe"     // one request would be given the response to another
)

// Report is what an audit has found.
type Report struct{ report audit.Report }

// Finding is an input that changed a response, or something that could not be decided.
type Finding struct {
	Page    string  // "GET /inbox"
	Input   string  // what was changed: "HX-Request: true"
	Verdict Verdict // whether that is safe
	Change  string  // what of the response is another, as a short excerpt
	Why     string  // what keeps the two responses apart, or that nothing does
	Line    string  // of code, that would; empty if something does
}

// IsSafe reports whether everything was decided, and nothing is unsafe.
func (r Report) IsSafe() bool { return r.Verdict() == Safe }

// Verdict is that of the worst finding: Unsafe, then NotJudged, then Safe.
func (r Report) Verdict() Verdict { return Verdict(r.report.Verdict()) }

// Findings are all inputs that changed a response, the safe ones too, in the order of
// requests.
func (r Report) Findings() []Finding {
	var findings []Finding
	for _, f := range r.report.Findings {
		findings = append(findings, Finding{f.Page, f.Input, Verdict(f.Verdict), f.Change, f.Why, f.Line})
	}
	return findings
}

// String returns the report as text, the worst findings first.
func (r Report) String() string { return r.report.String() }

// MarshalJSON implements [json.Marshaler]. It is the form of "larder audit --json".
func (r Report) MarshalJSON() ([]byte, error) { return r.report.MarshalJSON() }
