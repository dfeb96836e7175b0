package rfc9111

import "strings"

// Codings is a set of those content codings that are told apart; a client's
// others are not passed on. The zero value is the empty set.
type Codings uint8

// codingNames are the codings in their canonical order: the coding with index i
// is bit i of a set.
var codingNames = [...]string{"br", "deflate", "gzip", "zstd"}

const allCodings Codings = 1<<len(codingNames) - 1

// codingOf returns the set of the coding called name, or the empty set.
func codingOf(name string) Codings {
	if name == "x-gzip" {
		name = "gzip" // RFC 9110, section 8.4.1.3
	}
	for i, known := range codingNames {
		if name == known {
			return 1 << i
		}
	}
	return 0
}

// AcceptedCodings returns the content codings that the Accept-Encoding lines of
// a request accept (RFC 9110, section 12.5.3). Weights count only in so far as
// a weight of zero, or a malformed one, refuses. A coding that is both accepted
// and refused is refused.
func AcceptedCodings(lines []string) Codings {
	var accepted, refused Codings
	wildcard := false
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(element, ";")
			name = lowerTrim(name)
			takes := hasWeight(parameters)
			switch {
			case name == "*":
				wildcard = takes
			case takes:
				accepted |= codingOf(name)
			default:
				refused |= codingOf(name)
			}
		}
	}
	if wildcard {
		accepted = allCodings
	}
	return accepted &^ refused
}

// hasWeight reports whether the parameters of a coding give it a weight other
// than zero, as they do if they have none.
func hasWeight(parameters string) bool {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if lowerTrim(name) == "q" {
			return thousandths(strings.Trim(value, " \t")) > 0
		}
	}
	return true
}

// String returns the codings as an Accept-Encoding line, in their canonical
// order.
func (c Codings) String() string {
	var names []string
	for i, name := range codingNames {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Accepts reports whether a client that accepts these codings, and identity,
// can read a response with these Content-Encoding lines.
func (c Codings) Accepts(contentEncoding []string) bool {
	for _, line := range contentEncoding {
		for name := range strings.SplitSeq(line, ",") {
			name = lowerTrim(name)
			if name != "" && name != "identity" && c&codingOf(name) == 0 {
				return false
			}
		}
	}
	return true
}
