package redisstore

import (
	"context"
	"math"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// result reads the replies. Where the method returns a ttl, it is N.
func (s *Store) result(ctx context.Context, r *request) driver.Result {
	if err := r.err(); err != nil {
		return driver.Result{Err: s.translate(ctx, err)}
	}
	switch r.kind {
	case driver.OpSet:
		return driver.Result{Err: r.refused(true)}
	case driver.OpAdd:
		return r.added()
	case driver.OpDelete:
		return driver.Result{OK: r.number.Val() > 0}
	case driver.OpIncr:
		return r.counted()
	case opPeek:
		return r.peeked()
	case opTTL:
		return r.expires()
	case opReplace:
		replaced := r.text.Val() == "1"
		return driver.Result{OK: replaced, Err: r.refused(replaced)}
	}
	return r.value()
}

// refused returns the error for a value that was to be stored and is too large.
func (r *request) refused(wasToBeStored bool) error {
	if r.tooLarge && wasToBeStored {
		return driver.ErrTooLarge
	}
	return nil
}

// value is the value that the server returned. The memory is fresh: the client
// makes one slice for each reply and keeps none.
func (r *request) value() driver.Result {
	if isMiss(r.text.Err()) {
		return driver.Result{Err: driver.ErrNotFound}
	}
	value, _ := r.text.Bytes()
	return driver.Result{Value: value}
}

func (r *request) added() driver.Result {
	switch {
	case r.tooLarge && r.number.Val() == 0:
		return driver.Result{Err: driver.ErrTooLarge}
	case !r.tooLarge && r.status.Err() == nil:
		return driver.Result{OK: true}
	}
	return r.value()
}

func (r *request) counted() driver.Result {
	result := r.value()
	if result.Err != nil {
		return result
	}
	n, ok := driver.ParseInteger(result.Value)
	if !ok {
		return driver.Result{Err: driver.ErrNotInteger}
	}
	return driver.Result{N: n}
}

func (r *request) peeked() driver.Result {
	if r.number != nil && r.number.Val() == 0 && len(r.text.Val()) == 0 {
		return driver.Result{Err: driver.ErrNotFound}
	}
	result := r.value()
	result.Value = result.Value[:min(len(result.Value), driver.HeadSize)]
	return result
}

func (r *request) expires() driver.Result {
	switch ms := r.number.Val(); ms {
	case -2:
		return driver.Result{Err: driver.ErrNotFound}
	case -1:
		return driver.Result{N: int64(driver.Never)}
	default:
		return driver.Result{N: int64(duration(ms))}
	}
}

// duration is the inverse of milliseconds, for what a Duration can hold.
func duration(ms int64) time.Duration {
	if ms > math.MaxInt64/int64(time.Millisecond) {
		return driver.Never
	}
	return time.Duration(ms) * time.Millisecond
}
