package flight

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrPatience is the error of a caller who has waited for another's run for as
// long as he wanted to.
var ErrPatience = errors.New("another's run takes too long")

// Announce hands value to everyone who attends, now and for as long as the
// flight can be joined, while the function goes on: a response whose header is
// there and whose body is being written. The first announcement counts, and none
// after the landing.
func (f *Flight[V]) Announce(value V) {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	select {
	case <-f.announced:
		return
	case <-f.landed:
		return
	default:
	}
	f.announcement = value
	close(f.announced)
}

// Attendance is the part of one caller in a flight whose value was announced to
// him. It ends with Leave.
type Attendance[V any] struct {
	flight *Flight[V]
	once   sync.Once
}

// Leave says that the caller takes no more interest. The flight's context ends
// with the last one's. It is idempotent.
func (a *Attendance[V]) Leave() { a.once.Do(a.flight.leave) }

// attend is wait for a caller to whom an announcement is enough, and who waits
// no longer than that for something; if it is zero or less, without a limit.
func (f *Flight[V]) attend(ctx context.Context, patience time.Duration) (v V, a *Attendance[V], err error) {
	select {
	case <-f.landed: // if there are both, the whole is better
		return f.value, nil, f.err
	default:
	}
	var late <-chan time.Time
	if patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-f.landed:
		return f.value, nil, f.err
	case <-f.announced:
		return f.announcement, &Attendance[V]{flight: f}, nil
	case <-late:
		err = ErrPatience
	case <-ctx.Done():
		err = ctx.Err()
	}
	f.leave()
	return v, nil, err
}
