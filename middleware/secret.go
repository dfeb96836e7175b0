package middleware

import (
	"crypto/sha256"
	"crypto/subtle"
)

// secret is what a client has to know, kept as its hash: comparing it takes the
// same time whatever the client sends, and however long that is.
type secret [sha256.Size]byte

func newSecret(text string) secret { return sha256.Sum256([]byte(text)) }

func (s secret) matches(text string) bool {
	other := newSecret(text)
	return subtle.ConstantTimeCompare(s[:], other[:]) == 1
}
