package rfc9111

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/keys"
)

// VaryNames reads the Vary fields of a response. any reports that one of them
// is "*": no request but the one it answers matches (section 4.1). An element
// that is no field name counts as that, since nobody knows what it was to say.
func VaryNames(lines []string) (names []string, any bool) {
	names = FieldNames(lines)
	return names, slices.ContainsFunc(names, func(name string) bool { return name == "*" || !isToken(name) })
}

// Normalizer gives the value of a request field, known by its canonical name, a
// form that is the same for all values which mean the same (section 4.1). There
// is at least one line. [JoinLines] is the most careful one; [NormalizeField]
// knows more.
type Normalizer func(name string, lines []string) string

// AppendSelecting appends what a request says in the fields that a response
// varies on, in that order: names are canonical, from VaryNames. A request
// matches a stored response if both give the same bytes (section 4.1).
//
// Each field is two parts as in package keys, its name and its value with a "="
// before it, so that a field without a value differs from none at all, and no
// two lists of fields give the same bytes. Without a Normalizer it is JoinLines.
func AppendSelecting(dst []byte, names []string, request map[string][]string, normalize Normalizer) []byte {
	if normalize == nil {
		normalize = JoinLines
	}
	for _, name := range names {
		dst = keys.AppendPart(dst, name)
		lines := request[name]
		if len(lines) == 0 {
			dst = keys.AppendPart(dst, "")
			continue
		}
		value := normalize(name, lines)
		dst = binary.AppendUvarint(dst, uint64(len(value)+1))
		dst = append(dst, '=')
		dst = append(dst, value...)
	}
	return dst
}

// MostRecent returns the index of the response to choose among several that
// match, by the dates of DateOf: the latest, and of equals the last (section 4).
// It is -1 if there is none.
func MostRecent(dates []time.Time) int {
	best := -1
	for i, date := range dates {
		if best < 0 || !date.Before(dates[best]) {
			best = i
		}
	}
	return best
}
