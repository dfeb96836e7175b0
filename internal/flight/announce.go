package flight

import (
	"context"
	"sync"
)

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

// attend is wait for a caller to whom an announcement is enough.
func (f *Flight[V]) attend(ctx context.Context) (v V, a *Attendance[V], err error) {
	select {
	case <-f.landed: // if there are both, the whole is better
		return f.value, nil, f.err
	default:
	}
	select {
	case <-f.landed:
		return f.value, nil, f.err
	case <-f.announced:
		return f.announcement, &Attendance[V]{flight: f}, nil
	case <-ctx.Done():
		f.leave()
		return v, nil, ctx.Err()
	}
}
