package engine

// ownSender sends a stream to the client whose request runs the handler in its own goroutine,
// which is busy: it has another one, that ends before the request does.
type ownSender struct {
	done     chan struct{} // closed when the client has all that it gets
	panicked any           // what sendOwn has panicked with, once done is closed
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
	}()
}

// await waits until the client has all that it gets, and panics if the response was broken
// off, in the goroutine of the request.
func (s *ownSender) await() {
	<-s.done
	if s.panicked != nil {
		panic(s.panicked)
	}
}
