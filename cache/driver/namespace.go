package driver

import "bytes"

// Namespace is the set of keys that belong to one alias: those of the form
// prefix:version:key, where version is a number from 0 to 9223372036854775807
// as [AppendInteger] writes it, so that "01" is none. The form is
// ambiguous, since "a:1" may be a prefix and "1:b" a key; docs/design/handlers.md
// says which prefixes a handler of caches refuses because of that.
type Namespace struct {
	Prefix string
}

// Contains reports whether key belongs to the namespace. Keys of prefix "shop"
// are not those of "shop:eu" or "shopping", and the empty prefix does not
// contain the keys of others. Keys with a malformed version, such as "shop:01:k",
// belong to another program.
func (n Namespace) Contains(key []byte) bool {
	rest, ok := bytes.CutPrefix(key, []byte(n.Prefix))
	if !ok || len(rest) == 0 || rest[0] != ':' {
		return false
	}
	version, _, ok := bytes.Cut(rest[1:], []byte{':'})
	if !ok {
		return false
	}
	number, ok := ParseInteger(version)
	return ok && number >= 0
}
