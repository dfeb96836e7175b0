package memcachestore

import (
	"sync"

	"github.com/larder-go/larder/cache/driver"
)

// maxDerived bounds how many namespaces are remembered that only keys told of.
const maxDerived = 1024

// namespaces are those that a store has met, by prefix.
type namespaces struct {
	servers int

	mu      sync.RWMutex
	pinned  map[string]*namespace // those of In
	derived map[string]*namespace // forgotten when they are too many
}

// find returns the namespace with prefix.
func (m *namespaces) find(prefix string) *namespace {
	m.mu.RLock()
	n := m.known(prefix)
	m.mu.RUnlock()
	if n != nil {
		return n
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := m.known(prefix); n != nil {
		return n
	}
	n = newNamespace(prefix, m.servers)
	if m.derived == nil || len(m.derived) >= maxDerived {
		m.derived = make(map[string]*namespace)
	}
	m.derived[prefix] = n
	return n
}

// pin is find for a namespace that is never forgotten.
func (m *namespaces) pin(prefix string) *namespace {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.known(prefix)
	if n == nil {
		n = newNamespace(prefix, m.servers)
	}
	if m.pinned == nil {
		m.pinned = make(map[string]*namespace)
	}
	m.pinned[prefix] = n
	delete(m.derived, prefix)
	return n
}

// known returns the namespace if it is there. The lock is held.
func (m *namespaces) known(prefix string) *namespace {
	if n := m.pinned[prefix]; n != nil {
		return n
	}
	return m.derived[prefix]
}

// of returns the namespaces that contain key, as [driver.Namespace.Contains]
// says: more than one if it can be read in more than one way, and none if it is
// not of the form prefix:version:key.
func (m *namespaces) of(key string) (found []*namespace) {
	for _, prefix := range prefixes(key) {
		found = append(found, m.find(prefix))
	}
	return found
}

// prefixes returns what is before each version in key.
func prefixes(key string) (found []string) {
	whole := []byte(key)
	for end := range key {
		if key[end] == ':' && (driver.Namespace{Prefix: key[:end]}).Contains(whole) {
			found = append(found, key[:end])
		}
	}
	return found
}
