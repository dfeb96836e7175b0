package explain

import (
	"crypto/rand"
	"sync"
	"sync/atomic"
)

// Tests audit pages of their own process, whose options need not have a secret. They are
// given one that all pages of the process admit while the audit runs.

var (
	admitted sync.Map // secrets
	audits   atomic.Int32
)

// Admit returns a secret that every page of this process admits until revoke is called.
func Admit() (secret string, revoke func()) {
	secret = rand.Text()
	admitted.Store(secret, nil)
	audits.Add(1)
	return secret, sync.OnceFunc(func() {
		admitted.Delete(secret)
		audits.Add(-1)
	})
}

// IsAuditing reports whether any secret is admitted.
func IsAuditing() bool { return audits.Load() > 0 }

// Admits reports whether a secret is admitted.
func Admits(secret string) bool {
	_, ok := admitted.Load(secret)
	return ok
}
