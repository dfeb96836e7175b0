package middleware

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/larder-go/larder/cache"
)

// run is one run of the handler for everyone who waits for a page. All but the
// recorder is for the one who started it, once done is closed.
type run struct {
	recorder *recorder
	cancel   context.CancelFunc
	header   http.Header // of the request as it came
	done     chan struct{}

	spilled  bool     // the client has the response already
	complete bool     // response is set
	response recorded // what the client gets
	page     *page    // the response as it can be stored
	reason   reason   // why it cannot

	panicked   bool
	panicValue any
	exited     bool // the handler ended its goroutine
}

// await waits until the run is over, or the request of ctx, which started it,
// is. In the latter case it reports false, and the run is left to those who
// wait for it; unless its response is streamed to the client of that request:
// such a run is cancelled, and waited for.
func (u *run) await(ctx context.Context) bool {
	select {
	case <-u.done:
		return true
	case <-ctx.Done():
	}
	if u.recorder.detach() {
		return false
	}
	u.cancel()
	<-u.done
	return true
}

// prepared is a request as a run of the handler needs it.
type prepared struct {
	header http.Header // as it came
	shared *http.Request
}

// Prepare implements [cache.Preparer]. A run goes on when the request that
// started it is over, and what is done with the request then is not known.
func (x *exchange) Prepare() {
	x.prepared = &prepared{
		header: x.r.Header.Clone(),
		shared: x.sharedRequest(context.Background(), x.r),
	}
}

// Load implements [cache.Loader]: it runs the handler for everyone who waits.
func (x *exchange) Load(ctx context.Context) (cache.Loaded, error) {
	loading := cache.LoadingFrom(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	u := &run{cancel: cancel, header: x.prepared.header, done: make(chan struct{}), exited: true}
	defer close(u.done)
	u.recorder = newRecorder(x.w, x.h.maxBody, x.forward(), func(toClient bool) {
		x.h.uncacheable.remember(x.key)
		loading.Release()
		if !toClient {
			cancel()
		}
	})
	x.run.Store(u)
	if x.left.Load() {
		u.recorder.detach()
	}
	u.serve(x.h.next, x.prepared.shared.WithContext(ctx))
	u.response, u.complete = u.recorder.response()
	u.spilled = !u.complete
	if err := ctx.Err(); err != nil {
		// The handler may have stopped half-way.
		u.complete = false
		return cache.Loaded{}, err
	}
	return x.judgeResponse(ctx, u)
}

// serve runs the handler. A panic goes on, to those who wait; the one who
// started the run raises it again.
func (u *run) serve(next http.Handler, r *http.Request) {
	defer u.recorder.close()
	defer func() {
		if v := recover(); v != nil {
			u.panicked, u.panicValue = true, v
			logPanic(r.Context(), v)
			panic(v)
		}
	}()
	next.ServeHTTP(u.recorder, r)
	u.recorder.finish()
	u.exited = false
}

// logPanic keeps the stack of a handler that panicked. The server logs that of
// the goroutine which raises the panic again, if there is one.
func logPanic(ctx context.Context, v any) {
	if v != http.ErrAbortHandler {
		slog.ErrorContext(ctx, "larder: the handler of a page panicked", "panic", v, "stack", string(debug.Stack()))
	}
}

// judgeResponse decides what becomes of a response.
func (x *exchange) judgeResponse(ctx context.Context, u *run) (cache.Loaded, error) {
	private := cache.Loaded{Private: true}
	if u.spilled {
		return private, nil
	}
	now := time.Now()
	if u.reason = x.h.unstorable(u.response, &x.judgement, now); u.reason != reasonNone {
		if isLasting(u.response.status) {
			x.h.uncacheable.remember(x.key)
		}
		return private, nil
	}
	complete(u.response.header, u.response.body, now)
	u.page = newPage(bytes.Clone(x.canonical), u.response, now, x.h.policy)
	names := selectingNames(u.page.vary)
	switch {
	case x.index == nil && len(names) > 0:
		return x.storeVariant(ctx, u, names, now), nil
	case x.index != nil && !containsAll(x.index.names, names):
		x.widenIndex(ctx, names, now)
		u.reason = reasonVaryChange
		return private, nil
	}
	return cache.Loaded{Value: u.page, Timeout: cache.After(x.h.ttl)}, nil
}

// isLasting reports whether the next who asks will probably get the same status.
// A handler that fails now may succeed for him; and that it refuses one odd
// request must not keep the page out of the cache for others.
func isLasting(status int) bool {
	return status < http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusGone
}
