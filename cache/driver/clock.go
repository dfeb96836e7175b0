package driver

import "time"

// Clock tells an in-process store the time, so that tests need not wait. It
// must be safe for concurrent use.
type Clock interface {
	Now() time.Time
}
