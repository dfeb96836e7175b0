package policy

import (
	"slices"
	"strings"
)

// cookieRules says what the cookies of a request mean to a page.
type cookieRules struct {
	Ignored patterns
	InKey   []string
}

// cookie is one pair of a Cookie field, as it was sent.
type cookie struct{ Name, pair string }

// split sorts the cookies of a request into those that are a part of the key
// and others, which may identify a user. Ignored ones are in neither, unless
// they are named for the key: "*" is all others.
func (c *cookieRules) split(lines []string) (inKey, others []cookie) {
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimSpace(pair)
			name, _, _ := strings.Cut(pair, "=")
			name = strings.TrimSpace(name)
			switch {
			case pair == "":
			case slices.Contains(c.InKey, name):
				inKey = append(inKey, cookie{name, pair})
			case c.Ignored.match(name):
			default:
				others = append(others, cookie{name, pair})
			}
		}
	}
	return inKey, others
}

// CookieLine is the Cookie field with these cookies.
func CookieLine(cookies ...[]cookie) string {
	var pairs []string
	for _, list := range cookies {
		for _, c := range list {
			pairs = append(pairs, c.pair)
		}
	}
	return strings.Join(pairs, "; ")
}
