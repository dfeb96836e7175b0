package redisstore

import (
	"context"
	"runtime"
	"sync"

	"github.com/larder-go/larder/cache/driver"
)

// MaxInFlight is how many operations that share pipelines a store has under way
// to each server, or to a cluster; another waits until there is room.
const MaxInFlight = 1 << 14

// The bounds of one round trip. Beyond them it only takes longer: the memory on
// both sides grows, and all of its callers wait for the slowest part.
const (
	maxBatch      = 256     // operations
	maxBatchBytes = 1 << 20 // of values, after which a batch is closed
)

// call is an operation that waits for its turn in a pipeline.
type call struct {
	ctx  context.Context
	op   operation
	done func(driver.Result)
}

// pipe collects operations into batches. One batch is under way at a time:
// those who come meanwhile make up the next, which so grows with the load, and
// a lone caller waits for nobody. A goroutine runs only while there is work.
type pipe struct {
	room    chan struct{}
	send    func([]*call) // completes every call, which includes leave
	mu      sync.Mutex
	queue   []*call
	running bool
}

func (p *pipe) init(send func([]*call)) {
	p.room = make(chan struct{}, MaxInFlight)
	p.send = send
}

// enter waits for room for one operation.
func (p *pipe) enter(ctx context.Context) error {
	select {
	case p.room <- struct{}{}:
		return nil
	default:
	}
	select {
	case p.room <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pipe) leave() { <-p.room }

// submit queues c, which has entered.
func (p *pipe) submit(c *call) {
	p.mu.Lock()
	p.queue = append(p.queue, c)
	start := !p.running
	p.running = true
	p.mu.Unlock()
	if start {
		go p.run()
	}
}

func (p *pipe) run() {
	for {
		// Whoever can ask for something goes first: those who have just been
		// answered may well ask again, and then that travels together. A
		// processor that wakes up for them finds this goroutine before them,
		// so it steps back a second time.
		runtime.Gosched()
		runtime.Gosched()
		batch := p.next()
		if batch == nil {
			return
		}
		p.send(batch)
	}
}

// next takes the next batch from the queue. If there is none, the goroutine
// ends.
func (p *pipe) next() []*call {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, size := 0, 0
	for n < len(p.queue) && n < maxBatch && size < maxBatchBytes {
		size += len(p.queue[n].op.Value)
		n++
	}
	if n == 0 {
		p.running = false
		return nil
	}
	batch := p.queue[:n:n]
	p.queue = p.queue[n:]
	if len(p.queue) == 0 {
		p.queue = nil
	}
	return batch
}
