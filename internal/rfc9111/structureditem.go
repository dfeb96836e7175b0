package rfc9111

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// bareItem eats a value and notes its kind in m.
func (p *structuredParser) bareItem(m *member) bool {
	switch {
	case p.take('?'):
		if m.kind = kindTrue; p.take('1') {
			return true
		}
		m.kind = kindFalse
		return p.take('0')
	case p.take('"'):
		m.kind = kindText
		return p.quoted(&m.text)
	case p.take(':'):
		return p.byteSequence()
	case p.take('@'):
		return p.number(m) && m.isDate()
	case strings.HasPrefix(p.rest, `%"`):
		p.rest = p.rest[2:]
		return p.displayString()
	case p.rest != "" && (p.rest[0] == '-' || isDigit(p.rest[0])):
		return p.number(m)
	}
	return p.token(m)
}

// isDate turns a number after "@" into a date, which must be an integer.
func (m *member) isDate() bool {
	integer := m.kind == kindInteger
	m.kind = kindOther
	return integer
}

// number eats an integer of at most 15 digits, or a decimal of at most 12 and
// three.
func (p *structuredParser) number(m *member) bool {
	negative := p.take('-')
	whole := p.takeWhile(isDigit)
	if whole == "" || len(whole) > 15 {
		return false
	}
	if p.take('.') {
		m.kind = kindOther
		fraction := p.takeWhile(isDigit)
		return len(whole) <= 12 && len(fraction) >= 1 && len(fraction) <= 3
	}
	m.kind = kindInteger
	m.integer, _ = strconv.ParseInt(whole, 10, 64) // 15 digits always fit
	if negative {
		m.integer = -m.integer
	}
	return true
}

// quoted eats a string after its opening quote.
func (p *structuredParser) quoted(text *string) bool {
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			*text, p.rest = b.String(), p.rest[i+1:]
			return true
		case c < 0x20 || c > 0x7e:
			return false
		case c == '\\':
			if i++; i == len(p.rest) || p.rest[i] != '"' && p.rest[i] != '\\' {
				return false
			}
		}
		b.WriteByte(p.rest[i])
	}
	return false
}

func (p *structuredParser) token(m *member) bool {
	if p.rest == "" || !isAlpha(p.rest[0]) && p.rest[0] != '*' {
		return false
	}
	m.kind = kindText
	m.text = p.takeWhile(func(c byte) bool { return isTokenChar(rune(c)) || c == ':' || c == '/' })
	return true
}

// byteSequence eats a byte sequence after its opening colon.
func (p *structuredParser) byteSequence() bool {
	encoded, rest, ended := strings.Cut(p.rest, ":")
	if !ended || strings.ContainsAny(encoded, "\r\n") {
		return false
	}
	p.rest = rest
	encoding := base64.RawStdEncoding // padding may be missing
	if strings.HasSuffix(encoded, "=") {
		encoding = base64.StdEncoding
	}
	_, err := encoding.DecodeString(encoded)
	return err == nil
}

// displayString eats a display string after its opening quote: printable ASCII
// and percent-encoded UTF-8, in lower case.
func (p *structuredParser) displayString() bool {
	var decoded []byte
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.rest = p.rest[i+1:]
			return utf8.Valid(decoded)
		case c < 0x20 || c > 0x7e:
			return false
		case c != '%':
			decoded = append(decoded, c)
		default:
			if i+2 >= len(p.rest) || !isLowerHex(p.rest[i+1]) || !isLowerHex(p.rest[i+2]) {
				return false
			}
			octet, _ := strconv.ParseUint(p.rest[i+1:i+3], 16, 8) // two hexadecimal digits
			decoded = append(decoded, byte(octet))
			i += 2
		}
	}
	return false
}

func isLower(c byte) bool    { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isAlpha(c byte) bool    { return isLower(c | 0x20) }
func isLowerHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' }
