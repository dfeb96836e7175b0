package rfc9111

import "strings"

// codingNames are the content codings that are distinguished, in their canonical order. A
// handler may take the first that it knows, so gzip comes first, which every client can
// read, and deflate last, which clients and servers do not agree on (RFC 9110, section
// 8.4.1.2).
var codingNames = [...]string{"gzip", "br", "zstd", "deflate"}

// Codings is what a request says in Accept-Encoding about the content codings that are
// distinguished; a client's others are not passed on. The zero value is that of a request
// without the field.
type Codings struct {
	weights  [len(codingNames)]int16 // in thousandths, as of codingNames; zero for one that is not accepted
	identity int16                   // the weight of no coding, zero if it is not named
	isSaid   bool                    // the request has the field
}

// AcceptedCodings reads the Accept-Encoding lines of a request (RFC 9110, section
// 12.5.3). A malformed weight refuses, and of a coding that is named several times the
// lowest weight counts.
func AcceptedCodings(lines []string) Codings {
	c := Codings{isSaid: len(lines) > 0}
	var named [len(codingNames)]bool
	wildcard := int16(0)
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(element, ";")
			weight := codingWeight(parameters)
			switch name = lowerTrim(name); name {
			case "*":
				wildcard = weight
			case "identity":
				c.identity = weight
			default:
				if i := codingIndex(name); i >= 0 && (!named[i] || weight < c.weights[i]) {
					c.weights[i], named[i] = weight, true
				}
			}
		}
	}
	for i := range c.weights {
		if !named[i] {
			c.weights[i] = wildcard
		}
	}
	return c
}

// codingIndex returns the index in codingNames of a coding, or -1.
func codingIndex(name string) int {
	if name == "x-gzip" {
		name = "gzip" // RFC 9110, section 8.4.1.3
	}
	for i, known := range codingNames {
		if name == known {
			return i
		}
	}
	return -1
}

// codingWeight returns the weight that the parameters of a coding give it in thousandths:
// 1000 if they say nothing, and zero if what they say is malformed.
func codingWeight(parameters string) int16 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if lowerTrim(name) == "q" {
			return int16(max(thousandths(strings.Trim(value, " \t")), 0)) // at most 1000
		}
	}
	return 1000
}

// String returns a line of Accept-Encoding that means the same to a handler. It has the
// codings in the order in which the client prefers them, those with the same weight in the
// canonical order; and the weights 1, 0.9, 0.8 and 0.7, so that there are few different
// lines. Codings that the client likes less than none are left out. It is "identity" if
// none is left, and empty for a request that says nothing, which accepts them all.
func (c Codings) String() string {
	var preferred, highest int16
	set, isEven := 0, true
	for i, weight := range c.weights {
		if weight == 0 || weight < c.identity {
			continue
		}
		set |= 1 << i
		isEven = isEven && (preferred == 0 || weight == preferred)
		preferred, highest = weight, max(highest, weight)
	}
	switch {
	case !c.isSaid:
		return ""
	case isEven:
		return codingLines[set]
	}
	return c.ranked(highest)
}

// codingLines are the lines of the sets of codings that have one weight. The coding with
// index i is bit i of a set.
var codingLines = func() (lines [1 << len(codingNames)]string) {
	lines[0] = "identity"
	for set := 1; set < len(lines); set++ {
		var names []string
		for i, name := range codingNames {
			if set&(1<<i) != 0 {
				names = append(names, name)
			}
		}
		lines[set] = strings.Join(names, ", ")
	}
	return lines
}()

// ranked is String for codings with several weights, of which this is the highest.
func (c Codings) ranked(highest int16) string {
	var line []byte
	for rank, weight := 0, highest; weight > 0 && weight >= c.identity; rank++ {
		next := int16(0)
		for i, w := range c.weights {
			switch {
			case w == weight:
				if len(line) > 0 {
					line = append(line, ", "...)
				}
				line = append(append(line, codingNames[i]...), rankWeights[rank]...)
			case w < weight:
				next = max(next, w)
			}
		}
		weight = next
	}
	return string(line)
}

// rankWeights are the weights of codings by how many the client likes better.
var rankWeights = [...]string{"", ";q=0.9", ";q=0.8", ";q=0.7"}

// AcceptNone reports whether the request names no coding as one that it accepts. Of
// codings that are not distinguished nothing is known.
func (c Codings) AcceptNone() bool { return c.weights == [len(codingNames)]int16{} }

// Accepts reports whether a client that accepts these codings, and identity,
// can read a response with these Content-Encoding lines.
func (c Codings) Accepts(contentEncoding []string) bool {
	for _, line := range contentEncoding {
		for name := range strings.SplitSeq(line, ",") {
			name = lowerTrim(name)
			if i := codingIndex(name); name != "" && name != "identity" && (i < 0 || c.weights[i] == 0) {
				return false
			}
		}
	}
	return true
}
