package policy

import (
	"crypto/sha256"
	"crypto/subtle"
)

// Secret is what a client has to know, kept as its hash: comparing it takes the
// same time whatever the client sends, and however long that is.
type Secret [sha256.Size]byte

func NewSecret(text string) Secret { return sha256.Sum256([]byte(text)) }

func (s Secret) Matches(text string) bool {
	other := NewSecret(text)
	return subtle.ConstantTimeCompare(s[:], other[:]) == 1
}
