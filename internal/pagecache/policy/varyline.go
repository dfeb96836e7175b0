package policy

import (
	"slices"
	"strings"
)

// DeclaredVary are the request fields on which pages depend by option. The host is a
// part of every cache's key.
func (p *Policy) DeclaredVary() []string {
	names := SelectingNames(p.VaryHeaders)
	if len(p.Cookies.InKey) > 0 {
		names = append(names, "Cookie")
	}
	return names
}

// VaryLine is the line that names these fields.
func VaryLine(names []string) string {
	if slices.Contains(names, "*") {
		return "*"
	}
	return strings.Join(names, ", ")
}
