package engine

import "net/http"

// ownSender sends a stream to the client whose request runs the handler in its own goroutine,
// which is busy. It has another one, which ends before the request does.
type ownSender struct {
	done     chan struct{} // closed when the client has all that it gets
	isSent   bool          // sendOwn has returned, once done is closed
	panicked any           // what it has panicked with instead
}

// sendAside starts to send the stream of a run to the client that started it.
func (u *run) sendAside() {
	x, s := u.x, &ownSender{done: make(chan struct{})}
	u.sender, u.done = s, make(chan struct{})
	x.leaveRun = u.loading.Leave
	go func() {
		defer close(s.done)
		defer func() { s.panicked = recover() }()
		x.sendOwn(u)
		s.isSent = true
	}()
}

// await waits until the client has all that it gets. If the response was broken off, it
// panics, in the goroutine of the request.
func (s *ownSender) await() {
	<-s.done
	switch {
	case s.panicked != nil:
		panic(s.panicked)
	case !s.isSent: // outer middleware has ended the goroutine
		panic(http.ErrAbortHandler)
	}
}
