package redisstore

import (
	"context"
	"math"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// result reads the replies. Where the method returns a ttl, it is N.
func (s *Store) result(ctx context.Context, r *request) (result driver.Result) {
	s.read(ctx, r, r.err(), &result)
	return result
}

// read is result for a request that has ended with err.
func (s *Store) read(ctx context.Context, r *request, err error, result *driver.Result) {
	if err != nil {
		result.Err = s.translate(ctx, err)
		return
	}
	switch r.kind {
	case driver.OpGet, driver.OpTouch:
		result.Value, result.Err = r.value()
	case driver.OpSet:
		result.Err = r.refused(true)
	case driver.OpAdd:
		*result = r.added()
	case driver.OpDelete:
		*result = r.deleted()
	case driver.OpIncr:
		*result = r.counted()
	case opPeek:
		*result = r.peeked()
	case opTTL:
		*result = r.expires()
	case opReplace, opReplaceHead:
		result.OK = r.text.Val() == "1"
		result.Err = r.refused(result.OK)
	}
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
func (r *request) value() ([]byte, error) {
	if isMiss(r.text.Err()) {
		return nil, driver.ErrNotFound
	}
	value, _ := r.text.Bytes()
	return value, nil
}

func (r *request) added() driver.Result {
	switch {
	case r.tooLarge && r.number.Val() == 0:
		return driver.Result{Err: driver.ErrTooLarge}
	case !r.tooLarge && r.status.Err() == nil:
		return driver.Result{OK: true}
	}
	value, err := r.value()
	return driver.Result{Value: value, Err: err}
}

// deleted has no head where another program's list or hash was removed.
func (r *request) deleted() driver.Result {
	if r.number.Val() == 0 {
		return driver.Result{}
	}
	head, _ := r.text.Bytes()
	return driver.Result{Value: head, OK: true}
}

func (r *request) counted() driver.Result {
	value, err := r.value()
	if err != nil {
		return driver.Result{Err: err}
	}
	n, ok := driver.ParseInteger(value)
	if !ok {
		return driver.Result{Err: driver.ErrNotInteger}
	}
	return driver.Result{N: n}
}

func (r *request) peeked() driver.Result {
	if r.number != nil && r.number.Val() == 0 && len(r.text.Val()) == 0 {
		return driver.Result{Err: driver.ErrNotFound}
	}
	head, err := r.value()
	return driver.Result{Value: head[:min(len(head), driver.HeadSize)], Err: err}
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
