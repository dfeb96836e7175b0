package cache

import (
	"encoding/json"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// DefaultTimeout is the timeout of an alias whose settings have none.
const DefaultTimeout = 300 * time.Second

// Timeout says when an entry expires. The zero value means that none was
// given: the alias's own applies. A Timeout is an [Option].
type Timeout struct {
	kind timeoutKind
	d    time.Duration
}

type timeoutKind uint8

const (
	timeoutOmitted timeoutKind = iota
	timeoutNever
	timeoutAfter
)

// Never is the timeout of an entry that does not expire.
var Never = Timeout{kind: timeoutNever}

// After returns the timeout of an entry that expires d from now. If d is zero
// or less, it has expired at once: Set then deletes, and a zero Duration never
// stands for a default.
func After(d time.Duration) Timeout { return Timeout{kind: timeoutAfter, d: d} }

// IsZero reports whether no timeout was given.
func (t Timeout) IsZero() bool { return t.kind == timeoutOmitted }

// isNegative reports whether t is over before it begins, which as a default says
// nothing that a zero would not, and elsewhere often means never.
func (t Timeout) isNegative() bool { return t.kind == timeoutAfter && t.d < 0 }

// String returns "default", "never" or the duration.
func (t Timeout) String() string {
	switch t.kind {
	case timeoutNever:
		return "never"
	case timeoutAfter:
		return t.d.String()
	}
	return "default"
}

func (Timeout) option() {}

// or returns t, or fallback if t was not given.
func (t Timeout) or(fallback Timeout) Timeout {
	if t.IsZero() {
		return fallback
	}
	return t
}

// ttl returns the timeout as stores take it. It is false if the entry has
// expired at once. t must have been given.
func (t Timeout) ttl() (time.Duration, bool) {
	if t.kind == timeoutNever {
		return driver.Never, true
	}
	return t.d, t.d > 0
}

// expiry returns when an entry that is written now expires; zero for never.
func (t Timeout) expiry(now time.Time) time.Time {
	if t.kind == timeoutNever {
		return time.Time{}
	}
	return now.Add(t.d)
}

// UnmarshalJSON reads a number of seconds, a string as [time.ParseDuration]
// takes it, or null or "never" for Never.
func (t *Timeout) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	parsed, err := parseTimeout(v)
	if err == nil {
		*t = parsed
	}
	return err
}

// parseTimeout reads the forms in which settings give a timeout.
func parseTimeout(v any) (Timeout, error) {
	if v == nil || v == "never" {
		return Never, nil
	}
	if d, ok := driver.ToDuration(v); ok {
		return After(d), nil
	}
	return Timeout{}, mustBe("timeout", v, `a number of seconds, a duration such as "5m", or "never"`+noneHint(v))
}

// noneHint names the cure where Python's None was written for a timeout.
func noneHint(v any) string {
	if v == "None" || v == "none" || v == "null" {
		return `, which Django's None is`
	}
	return ""
}
