package main

import (
	"fmt"
	"regexp"
	"strings"
)

// source is where a rule comes from: a section of an RFC, or a place in another work.
type source struct {
	work  string // "RFC 9111", "Django"
	place string // "4.2.4", "get_or_set"
}

func (s source) String() string { return s.work + ", " + s.place }

// isRFC reports whether the place is a section of an RFC.
func (s source) isRFC() bool { return strings.HasPrefix(s.work, "RFC ") }

// works are the sources other than RFCs. Their places are not checked.
var works = []string{"Django", "CSP Level 3"}

// sourcePattern matches one source.
var sourcePattern = `(?:RFC \d+, \d+(?:\.\d+)*|(?:` + strings.Join(works, "|") + `), [^;]+?)`

var sourceLine = regexp.MustCompile(`^` + sourcePattern + `(?:; ` + sourcePattern + `)*\.?$`)

// citesSection matches a section of an RFC in any form.
var citesSection = regexp.MustCompile(`\bRFC \d+(?:,? [Ss]ections? |, |,? §)`)

// parseComment returns the rule of a comment, which is its first sentence, and the sources on
// its lines of sources.
func parseComment(text string) (rule string, sources []source, err error) {
	var prose []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case sourceLine.MatchString(line):
			sources = append(sources, parseSources(line)...)
		case citesSection.MatchString(line):
			return "", nil, fmt.Errorf("%q: a section stands on a line of its own, as `RFC 9111, 3.5; RFC 9110, 8.6`", line)
		default:
			prose = append(prose, line)
		}
	}
	return firstSentence(strings.Join(strings.Fields(strings.Join(prose, " ")), " ")), sources, nil
}

func parseSources(line string) []source {
	var sources []source
	for part := range strings.SplitSeq(line, "; ") {
		work, place, _ := strings.Cut(part, ", ")
		sources = append(sources, source{work, strings.TrimSuffix(place, ".")})
	}
	return sources
}

var endOfSentence = regexp.MustCompile(`[.](?: [A-Z]|$)`)

// firstSentence returns the text up to the first full stop that a capital follows.
func firstSentence(text string) string {
	if end := endOfSentence.FindStringIndex(text); end != nil {
		return text[:end[0]+1]
	}
	return text
}

// ruleProblem says why the first sentence of a test's comment is not a rule, or "".
func ruleProblem(name, rule string) string {
	switch {
	case rule == "":
		return "has no rule: begin its comment with one sentence that says what holds"
	case strings.HasPrefix(rule, name):
		return "has a comment that begins with its name: begin with the rule that it shows"
	case !strings.HasSuffix(rule, "."):
		return "has a rule that does not end with a full stop"
	}
	return ""
}
