package engine

// The memory of a response that is held back, which is counted as in flight.

// hold reserves memory for total bytes of the response, and is false if there is none; mu is
// held. Up to holdBack there always is: small pages are stored regardless of how many large
// ones are in progress.
func (w *recorder) hold(total int) bool {
	before := cap(w.held)
	if total <= before {
		return true
	}
	size := max(total, min(2*before, holdBack))
	switch more := int64(size - before); {
	case size <= holdBack:
		w.run.inFlight.Hold(more)
	case !w.run.inFlight.Reserve(more):
		return false
	}
	w.held = append(make([]byte, 0, size), w.held...)
	return true
}

// sendHeld releases what is held back; mu is held.
func (w *recorder) sendHeld() {
	w.run.inFlight.Release(int64(cap(w.held)))
	w.held = nil
}

// free is called when neither the run nor the store has a use for the response any more.
func (w *recorder) free() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sendHeld()
	if w.stream != nil {
		w.stream.Done()
	}
}
