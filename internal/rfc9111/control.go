package rfc9111

// Control is what a response says to this cache about storing and reusing it.
type Control struct {
	Directives

	// Field is the canonical name of the field whose directives these are:
	// Cache-Control, also if the response has none, or a targeted field. If it
	// is a targeted one, Expires does not count either.
	Field string
}

const cacheControl = "Cache-Control"

// ControlOf returns the directives that count for a cache whose target list is
// targets, canonical names of fields with the one that is preferred first (RFC
// 9213, section 2.2). The first of them that the response has, neither empty
// nor malformed, stands in for Cache-Control and Expires. What those before it
// forbid counts as well.
func ControlOf(header map[string][]string, targets []string) Control {
	var ignored Directives
	for _, target := range targets {
		lines := header[target]
		if len(lines) == 0 {
			continue
		}
		directives, ok := ParseTargeted(lines)
		if ok {
			directives.forbid(&ignored)
			return Control{directives, target}
		}
		ignored.forbid(&directives)
	}
	directives := ParseDirectives(header[cacheControl])
	directives.forbid(&ignored)
	return Control{directives, cacheControl}
}

// IsTargeted reports whether the directives are those of a targeted field.
func (c *Control) IsTargeted() bool { return c.Field != cacheControl }

// hasExpires reports whether the Expires field of a response counts.
func (c *Control) hasExpires(header map[string][]string) bool {
	return !c.IsTargeted() && len(header["Expires"]) > 0
}
