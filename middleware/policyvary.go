package middleware

import (
	"slices"
	"strings"
)

// declaredVary are the request fields on which pages depend by option. The host is a
// part of every cache's key.
func (p *policy) declaredVary() []string {
	names := selectingNames(p.varyHeaders)
	if len(p.cookies.inKey) > 0 {
		names = append(names, "Cookie")
	}
	return names
}

// varyLine is the line that names these fields.
func varyLine(names []string) string {
	if slices.Contains(names, "*") {
		return "*"
	}
	return strings.Join(names, ", ")
}
