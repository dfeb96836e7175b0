package policy

import (
	"slices"
	"strings"
)

// patterns are names, and beginnings of names, that an option was given. The zero
// value matches nothing.
type patterns struct {
	names    map[string]struct{}
	prefixes []string // of patterns that end in *
}

// Add adds patterns. One that ends in * stands for all names that begin so.
func (ps *patterns) Add(added []string) {
	for _, pattern := range added {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			ps.prefixes = append(ps.prefixes, prefix)
			continue
		}
		if ps.names == nil {
			ps.names = make(map[string]struct{})
		}
		ps.names[pattern] = struct{}{}
	}
}

func (ps *patterns) isEmpty() bool { return len(ps.names) == 0 && len(ps.prefixes) == 0 }

// match reports whether name is one of the names, or begins as one of the patterns
// does.
func (ps *patterns) match(name string) bool {
	if _, named := ps.names[name]; named {
		return true
	}
	return slices.ContainsFunc(ps.prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}
