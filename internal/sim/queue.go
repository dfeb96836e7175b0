package sim

import "container/heap"

// event is something that happens at a time of a run: do is called, unless the run is over.
type event struct {
	at  ticks
	seq int // events of one time happen in the order in which they were added
	do  func()
}

// queue has the events of a run that are still to happen. Its zero value is empty.
type queue struct {
	events eventHeap
	now    ticks
	seq    int
}

// after adds an event.
func (q *queue) after(delay ticks, do func()) {
	q.seq++
	heap.Push(&q.events, event{q.now + delay, q.seq, do})
}

// run lets events happen until none is left, the time is over, or stop returns true.
func (q *queue) run(end ticks, stop func() bool) {
	for len(q.events) > 0 && !stop() {
		e := heap.Pop(&q.events).(event)
		if e.at > end {
			return
		}
		q.now = e.at
		e.do()
	}
}

// eventHeap implements heap.Interface: the earliest event is first.
type eventHeap []event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
