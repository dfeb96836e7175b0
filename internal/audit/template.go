package audit

import (
	"strings"
	"unicode"
)

// template is what equal requests have in common in their bodies: the tokens of the first,
// and which of them were in all. Between those may be anything.
type template struct {
	tokens []string
	fixed  []bool
	gap    []bool // before each token, and at the end: others had more there
}

func newTemplate(body string) *template {
	tokens := tokensOf(body)
	t := &template{tokens: tokens, fixed: make([]bool, len(tokens)), gap: make([]bool, len(tokens)+1)}
	for i := range t.fixed {
		t.fixed[i] = true
	}
	return t
}

// add takes another body into account.
func (t *template) add(body string) {
	other := tokensOf(body)
	i, j := 0, 0
	for _, m := range append(align(t.tokens, other), match{len(t.tokens), len(other)}) {
		if j < m.b {
			t.gap[i] = true
		}
		for ; i < m.a; i++ {
			t.fixed[i] = false
		}
		i, j = m.a+1, m.b+1
	}
}

// isConstant reports whether all bodies were the same.
func (t *template) isConstant() bool {
	for i, fixed := range t.fixed {
		if !fixed || t.gap[i] {
			return false
		}
	}
	return !t.gap[len(t.tokens)]
}

// varying returns the first text that was not in all bodies, with what is before it.
func (t *template) varying() (before, text string) {
	for i := range t.gap {
		end := i
		for end < len(t.tokens) && !t.fixed[end] {
			end++
		}
		if t.gap[i] || end > i {
			return strings.Join(t.tokens[max(0, i-12):i], ""), strings.Join(t.tokens[i:end], "")
		}
	}
	return "", ""
}

// segments are the texts that were in all bodies, in order; between two of them was
// something else. The first and the last are empty if bodies did not begin, or end,
// alike.
func (t *template) segments() []string {
	segments := []string{""}
	for i, token := range t.tokens {
		if t.gap[i] || !t.fixed[i] {
			segments = appendSegment(segments, "")
		}
		if t.fixed[i] {
			segments[len(segments)-1] += token
		}
	}
	if t.gap[len(t.tokens)] || len(t.fixed) > 0 && !t.fixed[len(t.fixed)-1] {
		segments = appendSegment(segments, "")
	}
	return segments
}

// appendSegment begins another segment. One between two others that has neither letters
// nor digits is taken for a part of what varies: it stands there by chance.
func appendSegment(segments []string, next string) []string {
	if last := len(segments) - 1; last > 0 && !strings.ContainsFunc(segments[last], isWord) {
		segments = segments[:last]
	}
	return append(segments, next)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// matches reports whether a body has all that the others have in common, in order, and
// nothing else but where they differ.
func (t *template) matches(body string) bool {
	segments := t.segments()
	if len(segments) == 1 {
		return body == segments[0]
	}
	rest, ok := strings.CutPrefix(body, segments[0])
	if !ok {
		return false
	}
	last := len(segments) - 1
	if rest, ok = strings.CutSuffix(rest, segments[last]); !ok {
		return false
	}
	for _, segment := range segments[1:last] {
		at := strings.Index(rest, segment)
		if at < 0 {
			return false
		}
		rest = rest[at+len(segment):]
	}
	return true
}

// tokensOf splits a text at blanks and at the delimiters of markup and data, which are
// tokens themselves. So a time, a number or a token in base64 is one token.
func tokensOf(text string) (tokens []string) {
	for text != "" {
		end := strings.IndexAny(text, " \t\r\n\"'<>,;(){}[]&`")
		switch {
		case end < 0:
			end = len(text)
		case end == 0:
			end = 1
		}
		tokens, text = append(tokens, text[:end]), text[end:]
	}
	return tokens
}
