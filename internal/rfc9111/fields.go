package rfc9111

import (
	"net/textproto"
	"slices"
	"strings"
)

// FieldNames reads the lines of a list of field names, such as Vary or
// Connection (RFC 9110, section 5.6.1.2). The names are canonical, in order of
// appearance, each once. Empty elements are skipped.
func FieldNames(lines []string) []string {
	var names []string
	var known distinct
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			element = strings.Trim(element, " \t")
			if element == "" {
				continue
			}
			if name := textproto.CanonicalMIMEHeaderKey(element); known.add(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// essential are the fields without which nobody can tell who may have the rest
// of a response, or how to read it.
var essential = []string{"Cache-Control", "Content-Encoding", "Content-Type", "Vary"}

// IsEssential reports whether a response must not be kept without the field of
// this canonical name.
func IsEssential(name string) bool { return slices.Contains(essential, name) }

// hopByHop are the fields that a cache does not store besides those that
// Connection names (section 3.1; RFC 9110, section 7.6.1).
var hopByHop = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authentication-Info",
	"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// Unstorable are the fields of a response that are not stored.
type Unstorable map[string]bool

// UnstorableOf returns the fields of a response that a cache does not store. Those that
// Connection names belong to one connection; Connection must not name essential fields, and
// is not heeded there (RFC 9110, section 7.6.1). Of what no-cache="field" and
// private="field" name, a shared cache may keep the rest (sections 5.2.2.4 and 5.2.2.7).
// Essential fields stay there, too; a response whose no-cache names one counts as no-cache
// as a whole.
func UnstorableOf(header map[string][]string, d *Directives) Unstorable {
	var u Unstorable
	for _, names := range [...][]string{FieldNames(header["Connection"]), d.NoCacheFields, d.PrivateFields} {
		for _, name := range names {
			if u == nil {
				u = make(Unstorable)
			}
			u[name] = true
		}
	}
	return u
}

// Has reports whether the field of this canonical name is one of them.
func (u Unstorable) Has(name string) bool {
	return u[name] && !IsEssential(name) || slices.Contains(hopByHop, name)
}

// nominatedBy returns the fields that Connection names.
func nominatedBy(header map[string][]string) map[string]bool {
	names := FieldNames(header["Connection"])
	nominated := make(map[string]bool, len(names))
	for _, name := range names {
		nominated[name] = true
	}
	return nominated
}

// IsFieldName reports whether text is the name of a field (RFC 9110, section 5.1).
func IsFieldName(text string) bool { return isToken(text) }
