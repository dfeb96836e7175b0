package uri

import "strings"

// Path returns the normal form of a path that begins with a slash, as it was
// received: hexadecimal digits of escapes in upper case, no escapes of unreserved
// characters, no dot segments (RFC 3986, section 6.2.2), and escapes of the bytes that
// a path must not have. Two paths have one normal form only if they are equivalent by
// that section; of characters that have a meaning, such as the slash, an escape stays
// an escape. A percent sign that begins no escape is taken for an escaped one.
//
// A path in normal form is returned as it is, without an allocation.
func Path(path string) string {
	if isNormal(path, ofPath) && !strings.Contains(path, "/.") {
		return path
	}
	return removeDotSegments(rewrite(path, ofPath))
}

// Query is Path for what follows the question mark, where dots and slashes mean
// nothing. A plus sign stays one: that forms take it for a blank is not the URI's
// concern.
func Query(query string) string {
	if isNormal(query, ofQuery) {
		return query
	}
	return rewrite(query, ofQuery)
}

// set is a set of characters.
type set uint8

const (
	unreserved set = 1 << iota // RFC 3986, section 2.3
	ofPath                     // that stand for themselves in a path: pchar and the slash (section 3.3)
	ofQuery                    // in a query (section 3.4)
)

var sets = func() (sets [256]set) {
	const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for _, c := range []byte(alphanumeric + "-._~") {
		sets[c] = unreserved | ofPath | ofQuery
	}
	for _, c := range []byte("!$&'()*+,;=:@/") {
		sets[c] |= ofPath | ofQuery
	}
	sets['?'] |= ofQuery
	return sets
}()

// isNormal reports whether every byte stands for itself, and no escape has to be
// changed.
func isNormal(text string, in set) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; sets[c]&in == 0 && (c != '%' || !isNormalEscape(text[i:])) {
			return false
		}
	}
	return true
}

// isNormalEscape reports whether text begins with an escape in upper case, of a
// character that is not unreserved.
func isNormalEscape(text string) bool {
	c, ok := unescape(text)
	return ok && sets[c]&unreserved == 0 && isUpper(text[1]) && isUpper(text[2])
}

func isUpper(digit byte) bool { return digit < 'a' }

// rewrite returns the text with normal escapes only.
func rewrite(text string, in set) string {
	out := make([]byte, 0, len(text)+16)
	for i := 0; i < len(text); i++ {
		c := text[i]
		escaped, ok := unescape(text[i:])
		switch {
		case ok && sets[escaped]&unreserved != 0:
			out = append(out, escaped)
			i += 2
		case ok:
			out = appendEscape(out, escaped)
			i += 2
		case sets[c]&in != 0:
			out = append(out, c)
		default:
			out = appendEscape(out, c)
		}
	}
	return string(out)
}

func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

// unescape returns the byte of an escape with which text begins.
func unescape(text string) (c byte, ok bool) {
	if len(text) < 3 || text[0] != '%' {
		return 0, false
	}
	high, isHigh := digit(text[1])
	low, isLow := digit(text[2])
	return high<<4 | low, isHigh && isLow
}

func digit(c byte) (value byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// removeDotSegments is section 5.2.4 of RFC 3986, for a path with a slash before its
// first segment. What would lead out of the root leads to the root.
func removeDotSegments(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	segments := strings.Split(path[1:], "/")
	kept := segments[:0]
	for i, segment := range segments {
		last := i == len(segments)-1
		switch segment {
		case ".", "..":
			if segment == ".." && len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, segment)
		}
	}
	return "/" + strings.Join(kept, "/")
}
