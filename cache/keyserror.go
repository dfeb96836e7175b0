package cache

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

// KeysError says for which keys GetMany, SetMany or DeleteMany failed, and why. It is
// wrapped in their error if they succeeded for other keys, or if the backend reports
// errors by key. errors.Is finds each of the causes.
type KeysError struct {
	// Keys are the caller's keys that failed, each once, in the order of the
	// call; those of SetMany are sorted.
	Keys []string

	// Errs are the causes, one for each of Keys.
	Errs []error

	answered bool // the backend has answered for other keys, or for some of these
}

// newKeysError returns the error for those of keys that have one in errs, or nil if
// there are none.
func newKeysError(keys []string, errs []error) *KeysError {
	e := &KeysError{answered: slices.ContainsFunc(errs, isAnswer)}
	seen := make(map[string]bool)
	for i, err := range errs {
		if err != nil && !seen[keys[i]] {
			seen[keys[i]] = true
			e.Keys, e.Errs = append(e.Keys, keys[i]), append(e.Errs, err)
		}
	}
	if len(e.Keys) == 0 {
		return nil
	}
	return e
}

// maxCauses is how many different causes the text of a KeysError has.
const maxCauses = 4

// Error names, for each cause, the first key and the number of the others.
func (e *KeysError) Error() string {
	counts := make(map[string]int)
	var causes []string // in the order of their first keys
	var first []string
	for i, err := range e.Errs {
		text := err.Error()
		if counts[text]++; counts[text] == 1 {
			causes, first = append(causes, text), append(first, shortened(e.Keys[i]))
		}
	}
	var b strings.Builder
	for i, cause := range causes[:min(len(causes), maxCauses)] {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(strconv.Quote(first[i]))
		if n := counts[cause] - 1; n > 0 {
			b.WriteString(" and " + strconv.Itoa(n) + " more: ")
		} else {
			b.WriteString(": ")
		}
		b.WriteString(cause)
	}
	if n := len(causes) - maxCauses; n > 0 {
		b.WriteString("; and " + strconv.Itoa(n) + " more causes")
	}
	return b.String()
}

// Unwrap returns the causes.
func (e *KeysError) Unwrap() []error { return e.Errs }

// perKey returns the errors of n keys, nil for those that succeeded, if err has them.
// Otherwise it returns nil: the operation failed as a whole, or not at all.
func perKey(err error, n int) []error {
	var partial *driver.PartialError
	if errors.As(err, &partial) && len(partial.Errs) == n {
		return partial.Errs
	}
	return nil
}

// isAnswer reports whether the operation on a key that ended with err had an answer
// of the backend.
func isAnswer(err error) bool { return !isOutage(err) }

// isAnswered reports whether err is that of an operation on many keys for some of
// which the backend has answered, so that it is not down: one of its servers is.
func isAnswered(err error) bool {
	var keys *KeysError
	if errors.As(err, &keys) {
		return keys.answered
	}
	var partial *driver.PartialError
	return errors.As(err, &partial) && slices.ContainsFunc(partial.Errs, isAnswer)
}
