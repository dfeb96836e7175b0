package rfc9111

import "strings"

// kind is the type of a value of a structured field, as far as directives tell
// them apart.
type kind uint8

const (
	kindOther kind = iota // decimal, byte sequence, date, display string, inner list
	kindTrue
	kindFalse
	kindInteger
	kindText // string or token
)

// member is one member of a dictionary, without its parameters.
type member struct {
	key     string
	kind    kind
	integer int64  // if kind is kindInteger
	text    string // if kind is kindText
}

// parseDictionary reads the lines of a structured field that is a dictionary
// (RFC 9651, section 4.2.2), strictly: whatever is malformed fails the whole.
// Of two members with one key the last counts, in the place of the first.
func parseDictionary(lines []string) (members []member, ok bool) {
	p := structuredParser{rest: strings.Trim(strings.Join(lines, ","), " ")}
	var keys []string
	var known distinct
	for p.rest != "" {
		m, ok := p.member()
		if !ok {
			return nil, false
		}
		if i := known.index(keys, m.key); i >= 0 {
			members[i] = m
		} else {
			keys, members = append(keys, m.key), append(members, m)
		}
		if !p.separator() {
			return nil, false
		}
	}
	return members, true
}

// IsList reports whether the lines of a structured field are a list (RFC 9651, section
// 4.2.1), and whoever reads them strictly does not have to ignore the whole. A line of
// blanks is none: a comma would follow it if there were another line.
func IsList(lines []string) bool {
	joined := strings.Join(lines, ",")
	p := structuredParser{rest: strings.Trim(joined, " ")}
	if p.rest == "" && joined != "" {
		return false
	}
	for p.rest != "" {
		if !p.value() || !p.separator() {
			return false
		}
	}
	return true
}

// value eats an item or an inner list with its parameters.
func (p *structuredParser) value() bool {
	var ignored member
	if p.take('(') {
		return p.innerList() && p.parameters()
	}
	return p.bareItem(&ignored) && p.parameters()
}

// structuredParser eats a structured field from its beginning.
type structuredParser struct{ rest string }

// take eats c if it is next.
func (p *structuredParser) take(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// takeWhile eats the longest run of bytes that are in the class.
func (p *structuredParser) takeWhile(in func(byte) bool) string {
	end := 0
	for end < len(p.rest) && in(p.rest[end]) {
		end++
	}
	run := p.rest[:end]
	p.rest = p.rest[end:]
	return run
}

// separator eats what stands between two members. A comma must be followed by a
// member.
func (p *structuredParser) separator() bool {
	p.rest = strings.TrimLeft(p.rest, " \t")
	if p.rest == "" {
		return true
	}
	comma := p.take(',')
	p.rest = strings.TrimLeft(p.rest, " \t")
	return comma && p.rest != ""
}

func (p *structuredParser) member() (m member, ok bool) {
	if m.key, ok = p.key(); !ok {
		return m, false
	}
	switch {
	case !p.take('='):
		m.kind = kindTrue
	case p.take('('):
		ok = p.innerList()
	default:
		ok = p.bareItem(&m)
	}
	return m, ok && p.parameters()
}

func (p *structuredParser) key() (string, bool) {
	if p.rest == "" || !isLower(p.rest[0]) && p.rest[0] != '*' {
		return "", false
	}
	return p.takeWhile(func(c byte) bool { return isLower(c) || isDigit(c) || strings.IndexByte("_-.*", c) >= 0 }), true
}

func (p *structuredParser) parameters() bool {
	for p.take(';') {
		p.rest = strings.TrimLeft(p.rest, " ")
		if _, ok := p.key(); !ok {
			return false
		}
		var ignored member
		if p.take('=') && !p.bareItem(&ignored) {
			return false
		}
	}
	return true
}

// innerList eats an inner list after its opening parenthesis.
func (p *structuredParser) innerList() bool {
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		if p.take(')') {
			return true
		}
		var ignored member
		if !p.bareItem(&ignored) || !p.parameters() {
			return false
		}
		if p.rest == "" || p.rest[0] != ' ' && p.rest[0] != ')' {
			return false
		}
	}
}
