package driver

import "fmt"

// PartialError is the error of an operation on many keys that a store could not do
// for some of them, as where one of its servers is down. See [Many].
type PartialError struct {
	// Errs has one element for each key, in the order of the keys: nil if the
	// operation was done for that key.
	Errs []error
}

// Partial returns a [*PartialError] with errs, or nil if none of them is an error.
func Partial(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return &PartialError{errs}
		}
	}
	return nil
}

// Error tells how many keys failed, and the first cause.
func (e *PartialError) Error() string {
	causes := e.Unwrap()
	if len(causes) == 0 {
		return fmt.Sprintf("none of %d keys failed", len(e.Errs))
	}
	return fmt.Sprintf("%d of %d keys failed, the first with: %v", len(causes), len(e.Errs), causes[0])
}

// Unwrap returns the errors of the keys that failed.
func (e *PartialError) Unwrap() []error {
	var causes []error
	for _, err := range e.Errs {
		if err != nil {
			causes = append(causes, err)
		}
	}
	return causes
}

// ServerFailure is implemented by errors of a store that has several servers. It reports
// whether the error is that of one of them, so that the others may well answer: the core
// does not take the backend for unreachable then.
type ServerFailure interface{ OneOfSeveral() bool }
