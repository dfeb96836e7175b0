package cache

import "context"

// DefaultAsyncWorkers is how many goroutines run the asynchronous operations of
// a handler's caches.
const DefaultAsyncWorkers = 64

// executor runs tasks on a bounded number of goroutines, which live only while
// there is work. There is no queue: when all are busy a task runs in the
// goroutine that submits it, so a task that waits for another never waits for
// a free worker.
type executor struct {
	workers chan struct{}
	pending pending
}

func newExecutor(workers int) *executor {
	return &executor{workers: make(chan struct{}, max(workers, 0))}
}

// submit runs task, possibly before it returns.
func (e *executor) submit(task func()) {
	e.pending.add()
	select {
	case e.workers <- struct{}{}:
		go func() {
			defer e.pending.done()
			defer func() { <-e.workers }()
			task()
		}()
	default:
		defer e.pending.done()
		task()
	}
}

// shutdown waits for the tasks under way. Tasks submitted later still run, and
// meet stores that are shut down.
func (e *executor) shutdown(ctx context.Context) error { return e.pending.wait(ctx) }

// run runs op on a worker and returns its future.
func run[T any](ctx context.Context, a *AsyncCache, op func(ctx context.Context) (T, error)) *Future[T] {
	f := newFuture[T]()
	tasks, request := strayTasks, new(pending)
	if c := a.base(ctx); c != nil {
		tasks, request = c.async, &c.pending
	} else if s := scopeFrom(ctx); s != nil {
		tasks, request = s.handler.async, &s.pending
	}
	request.add()
	tasks.submit(func() {
		defer request.done()
		defer close(f.done)
		f.settle(func() (T, error) { return op(admitted(ctx)) })
	})
	return f
}

type admittedKey struct{}

// admitted returns ctx for what was begun before Shutdown and has to go on
// until it is done.
func admitted(ctx context.Context) context.Context {
	return context.WithValue(ctx, admittedKey{}, true)
}

func isAdmitted(ctx context.Context) bool { return ctx.Value(admittedKey{}) != nil }
