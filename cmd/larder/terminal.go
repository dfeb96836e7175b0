package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// terminal is where the command writes everything except the values of get --raw. What
// caches, servers and settings say may be another's, so characters that could do more to
// a terminal than be shown are written as escapes: control characters of C0 and C1
// except newline and tab, DEL, characters that change the direction of text, and
// invisible ones.
//
// An escape is \u and four hexadecimal digits, as in JSON, where these characters can
// be in strings only: a line of JSON stays the same JSON.
type terminal struct{ w io.Writer }

// Write implements [io.Writer].
func (t terminal) Write(p []byte) (int, error) {
	if _, err := io.WriteString(t.w, escaped(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escaped returns text with escapes instead of what drives a terminal.
func escaped(text string) string {
	if isHarmless(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !isControl(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// printable returns text, quoted if it could do more to a terminal than be shown.
func printable(text string) string {
	if isHarmless(text) {
		return text
	}
	return strconv.Quote(text)
}

// inLine is printable for text that must not begin a line of its own, such as what a
// server says that its version is.
func inLine(text string) string {
	if isHarmless(text) && !strings.ContainsAny(text, "\n\t") {
		return text
	}
	return strconv.Quote(text)
}

func isHarmless(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, isControl)
}

// isControl reports whether a character is not one that is shown, nor a blank, newline
// or tab.
func isControl(r rune) bool {
	return r != '\n' && r != '\t' && !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r)
}
