package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
)

// trace is an explanation, for people and as JSON.
type trace struct {
	Request string `json:"request"`
	Steps   []step `json:"steps"`
	Outcome string `json:"outcome"`
}

// step is one thing that was decided.
type step struct {
	Name    string   `json:"name"`
	Says    string   `json:"says"`
	Rule    string   `json:"rule,omitempty"`   // the section of an RFC, or the option
	Detail  string   `json:"detail,omitempty"` // as in Cache-Status
	Advice  string   `json:"advice,omitempty"`
	Details []detail `json:"details,omitempty"`
}

type detail struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// String returns the trace as lines of text.
func (a trace) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", legible(a.Request))
	for _, s := range a.Steps {
		fmt.Fprintf(&b, "%-12s %s", s.Name, legible(s.Says))
		if s.Rule != "" {
			fmt.Fprintf(&b, " [%s]", s.Rule)
		}
		b.WriteByte('\n')
		if s.Advice != "" {
			fmt.Fprintf(&b, "%-12s -> %s\n", "", s.Advice)
		}
		for _, d := range s.Details {
			fmt.Fprintf(&b, "%-14s %-26s %s\n", "", legible(d.Name), legible(d.Value))
		}
	}
	fmt.Fprintf(&b, "%-12s %s\n", "outcome", a.Outcome)
	return b.String()
}

// legible returns text, quoted if it has more than visible ASCII and blanks: it
// is for terminals.
func legible(text string) string {
	if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' }) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

// add adds a step.
func (a *trace) add(name, says, rule string, details ...detail) {
	a.Steps = append(a.Steps, step{Name: name, Says: says, Rule: rule, Details: details})
}

// addReason adds a step that is one of the reasons.
func (a *trace) addReason(name string, why reason.Reason) {
	r := reason.Texts[why]
	a.Steps = append(a.Steps, step{Name: name, Says: r.Means, Rule: r.Rule, Detail: r.Detail, Advice: r.Advice})
}

// plainParts are the parts of a key that are shown as they are: those of the URL,
// and what is the program's own.
var plainParts = []string{
	"key prefix", "kind of client", "method", "scheme", "host", "path", "query",
	"handler's scheme", "handler's host", "handler's path", "handler's escaped path", "handler's query", "Host",
}

// keyDetail returns a part of a key as it is shown, and false if there is nothing
// to show.
func keyDetail(part string, lines []string) (d detail, ok bool) {
	if slices.Contains(plainParts, part) {
		return detail{part, lines[0]}, lines[0] != ""
	}
	if part == "Cookie" && len(lines) == 1 {
		name, _, _ := strings.Cut(lines[0], "=")
		part = "Cookie " + strings.TrimSpace(name)
	}
	if len(lines) == 0 {
		return detail{part, "none"}, true
	}
	sum := sha256.Sum256(policy.KeyNote(nil).AppendLines(nil, part, lines))
	return detail{part, "sha256 " + hex.EncodeToString(sum[:6])}, true
}

// inWords is a duration, rounded for people.
func inWords(d time.Duration) string {
	if d > time.Second || d < -time.Second {
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
}
