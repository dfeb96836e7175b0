package rfc9111

import (
	"slices"
)

// VaryNames reads the Vary fields of a response. any reports that one of them
// is "*": no request but the one it answers matches (section 4.1). An element
// that is no field name counts as that, since nobody knows what it was to say.
func VaryNames(lines []string) (names []string, any bool) {
	names = FieldNames(lines)
	return names, slices.ContainsFunc(names, func(name string) bool { return name == "*" || !isToken(name) })
}
