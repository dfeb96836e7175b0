package driver

import "bytes"

// Namespace is the set of keys that belong to one alias: those of the form
// prefix:version:key, where version is a decimal number. The form is
// ambiguous, since "a:1" may be a prefix and "1:b" a key; see the keys section
// of ARCHITECTURE.md.
type Namespace struct {
	Prefix string
}

// Contains reports whether key belongs to the namespace. Keys of prefix "shop"
// are not those of "shop:eu" or "shopping", and the empty prefix does not
// contain the keys of others.
func (n Namespace) Contains(key []byte) bool {
	rest, ok := bytes.CutPrefix(key, []byte(n.Prefix))
	if !ok || len(rest) < 3 || rest[0] != ':' {
		return false
	}
	rest = rest[1:]
	digits := 0
	for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
		digits++
	}
	return digits > 0 && digits < len(rest) && rest[digits] == ':'
}
