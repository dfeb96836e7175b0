package policy

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// queryRules says which query parameters a page depends on.
type queryRules struct {
	Ignored    patterns
	Allowed    patterns
	Restricted bool // to allowed
	Sorted     bool
}

func (q *queryRules) unchanged() bool {
	return q.Ignored.isEmpty() && !q.Restricted && !q.Sorted
}

// apply returns the raw query with only the parameters that count. Parameters
// keep their spelling, so different queries stay different.
func (q *queryRules) apply(raw string) string {
	if raw == "" || q.unchanged() {
		return raw
	}
	var kept []parameter
	for text := range strings.SplitSeq(raw, "&") {
		name := ParameterName(text)
		if q.Restricted && !q.Allowed.match(name) || q.Ignored.match(name) {
			continue
		}
		kept = append(kept, parameter{name, text, len(kept)})
	}
	if q.Sorted {
		slices.SortFunc(kept, parameter.compare)
	}
	return joinParameters(kept)
}

// parameter is a query parameter: its name as a handler reads it, its text as it
// was sent, and where it stood.
type parameter struct {
	name, text string
	at         int
}

// compare orders parameters by name, and those with one name as they were sent.
func (p parameter) compare(other parameter) int {
	return cmp.Or(strings.Compare(p.name, other.name), cmp.Compare(p.at, other.at))
}

func joinParameters(parameters []parameter) string {
	var b strings.Builder
	for i := range parameters {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(parameters[i].text)
	}
	return b.String()
}

// ParameterName returns the name as a handler reads it. One that cannot be
// read keeps its spelling.
func ParameterName(parameter string) string {
	name, _, _ := strings.Cut(parameter, "=")
	if decoded, err := url.QueryUnescape(name); err == nil {
		return decoded
	}
	return name
}
