package cache

import (
	"sync"

	"github.com/larder-go/larder/cache/driver"
)

// flightSpaces are the flights of a store that knows the namespace of each key by itself: a
// group for each namespace. No other namespace can reach the keys of one, and a key need not
// say which one it is of: a KeyFunc may have made it.
type flightSpaces struct {
	mu     sync.Mutex
	groups map[driver.Namespace]*loads
}

func (s *flightSpaces) group(ns driver.Namespace) *loads {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[ns]
	if g == nil {
		if s.groups == nil {
			s.groups = make(map[driver.Namespace]*loads)
		}
		g = newLoads()
		s.groups[ns] = g
	}
	return g
}

// in returns the store for the keys of ns: st itself, unless it is a [driver.Namespacer].
func (st *opened) in(ns driver.Namespace) *opened {
	namespacer, ok := st.store.(driver.Namespacer)
	if !ok {
		return st
	}
	bound := newOpened(namespacer.In(ns), st.spaces.group(ns))
	bound.namespaced = true
	return bound
}

// flightsOf returns which keys of the flights are in ns, the namespace of the alias.
func (st *opened) flightsOf(ns driver.Namespace) (match func(key string) bool) {
	if st.namespaced {
		return func(string) bool { return true }
	}
	return func(key string) bool { return ns.Contains([]byte(key)) }
}
