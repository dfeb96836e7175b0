package redisstore

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"
)

// owned is what a store has made for itself, and closes at its end.
type owned struct {
	dialer     *dialer
	clients    []redis.UniversalClient
	releaseLog func() // ends the use of the log of all clients
	closing    sync.Once
	closed     chan struct{}
}

// close closes everything, once, and waits for that until ctx ends, whose error it
// returns. What then goes on in the background ends within DialTimeout.
//
// The connections are closed before the clients: a client of Sentinels waits, when
// it is closed, for the answer to a question that it has put to one of them, be it
// that nobody needs the answer any more.
func (o *owned) close(ctx context.Context) error {
	o.closing.Do(func() {
		go func() {
			defer close(o.closed)
			defer o.releaseLog()
			o.dialer.close()
			for _, client := range o.clients {
				_ = client.Close() // the connections are gone either way, and nobody can act on it
			}
		}()
	})
	select {
	case <-o.closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
