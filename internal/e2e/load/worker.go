package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
)

// many is how many keys a many-operation has.
const many = 4

// worker is one goroutine's share of the traffic.
type worker struct {
	*Traffic
	own     []*record  // those that it writes
	drawAny func() int // of all records
	drawOwn func() int

	op    string // what is under way
	began time.Time
}

func newWorker(t *Traffic, own []*record) *worker {
	return &worker{
		Traffic: t,
		own:     own,
		drawAny: picker(t.opts.Skew, len(t.records)),
		drawOwn: picker(t.opts.Skew, len(own)),
	}
}

// step does one operation: a read more often than a write.
func (w *worker) step() {
	ctx, cancel := context.WithTimeout(context.Background(), w.opts.Timeout)
	defer cancel()
	switch n := rand.IntN(21); {
	case n < 6:
		w.get(ctx, w.records[w.drawAny()])
	case n < 8:
		w.getMany(ctx, some(w.records, w.drawAny))
	case n < 11:
		w.set(ctx, w.own[w.drawOwn()])
	case n < 13:
		w.setMany(ctx, some(w.own, w.drawOwn))
	case n < 14:
		w.add(ctx, w.own[w.drawOwn()])
	case n < 15:
		w.delete(ctx, w.own[w.drawOwn()])
	case n < 16:
		w.touch(ctx, w.own[w.drawOwn()])
	case n < 19:
		w.fill(ctx, w.own[w.drawOwn()])
	case !w.opts.NoIncr:
		w.incr(ctx, w.counters[rand.IntN(len(w.counters))])
	}
}

// begin begins an operation, by the name of its method.
func (w *worker) begin(op string) { w.op, w.began = op, time.Now() }

// done counts how the operation has ended, and reports whether it was well.
func (w *worker) done(err error) bool {
	took := time.Since(w.began)
	kind, well := w.ended(err)
	if w.opts.Observe != nil {
		w.opts.Observe(w.op, w.began, took, kind)
	}
	return well
}

func (w *worker) get(ctx context.Context, r *record) {
	v := r.view()
	w.begin("GetBytes")
	value, found, err := w.cache.GetBytes(ctx, r.key)
	if w.done(err) {
		w.saw(r, value, found, v)
	}
}

// saw checks what a read that began with v has found.
func (w *worker) saw(r *record, value []byte, found bool, v view) {
	if !found {
		w.count(func(c *Counts) { c.Misses++ })
		w.mistake(r.missed(v))
		return
	}
	old, err := r.found(value, v)
	w.mistake(err)
	w.count(func(c *Counts) {
		c.Hits++
		if old {
			c.Old++
		}
	})
}

func (w *worker) getMany(ctx context.Context, list []*record) {
	keys, views := make([]string, len(list)), make([]view, len(list))
	for i, r := range list {
		keys[i], views[i] = r.key, r.view()
	}
	w.begin("GetMany")
	fetched, err := w.cache.GetMany(ctx, keys)
	if !w.done(err) {
		return
	}
	for i, r := range list {
		got, found := fetched[r.key]
		var value []byte
		if found {
			value, err = got.Bytes()
			w.mistake(err)
		}
		if err == nil {
			w.saw(r, value, found, views[i])
		}
	}
}

func (w *worker) set(ctx context.Context, r *record) {
	value, seq, v := r.write()
	w.begin("SetBytes")
	w.wrote(r, seq, v, w.done(w.cache.SetBytes(ctx, r.key, value)))
}

// wrote notes how a write has ended.
func (w *worker) wrote(r *record, seq int, v view, well bool) {
	if well {
		r.acknowledge(seq, v)
	} else {
		r.settle(seq, failed)
	}
}

func (w *worker) setMany(ctx context.Context, list []*record) {
	items := make(map[string]any, len(list))
	seqs, views := make([]int, len(list)), make([]view, len(list))
	for i, r := range list {
		items[r.key], seqs[i], views[i] = r.write()
	}
	// Which of the keys failed is not distinguished: with an error, all may have.
	w.begin("SetMany")
	_, err := w.cache.SetMany(ctx, items)
	well := w.done(err)
	for i, r := range list {
		w.wrote(r, seqs[i], views[i], well)
	}
}

func (w *worker) add(ctx context.Context, r *record) {
	value, seq, v := r.write()
	w.begin("Add")
	added, err := w.cache.Add(ctx, r.key, value)
	switch {
	case !w.done(err):
		r.settle(seq, failed)
	case added:
		w.mistake(r.missed(v))
		r.acknowledge(seq, v)
	default:
		r.settle(seq, refused)
		w.mistake(r.present(v, seq))
	}
}

func (w *worker) delete(ctx context.Context, r *record) {
	seq, v := r.change(deleted)
	w.begin("Delete")
	if _, err := w.cache.Delete(ctx, r.key); w.done(err) {
		r.acknowledge(seq, v)
	} else {
		r.settle(seq, undecided)
	}
}

// touch gives an entry the timeout that it has anyway.
func (w *worker) touch(ctx context.Context, r *record) {
	v := r.view()
	w.begin("Touch")
	touched, err := w.cache.Touch(ctx, r.key)
	switch {
	case !w.done(err):
	case touched:
		w.mistake(r.present(v, 0))
	default:
		w.mistake(r.missed(v))
	}
}

// fill is get-or-set. Its loader is the only writer of the key at that time.
func (w *worker) fill(ctx context.Context, r *record) {
	v := r.view()
	var loaded atomic.Int64 // the sequence number; Fill may return before a load ends
	load := func(context.Context) (cache.Loaded, error) {
		value, seq, _ := r.write()
		loaded.Store(int64(seq))
		return cache.Loaded{Value: value}, nil
	}
	var value []byte
	w.begin("Fill")
	outcome, err := w.cache.Fill(ctx, r.key, &value, cache.LoaderFunc(load))
	well, seq := w.done(err), int(loaded.Load())
	switch {
	case seq == 0 && well:
		w.saw(r, value, true, v)
	case seq == 0:
	case !well || outcome.Err != nil:
		r.settle(seq, failed)
	case outcome.Stored:
		w.saw(r, nil, false, v)
		r.acknowledge(seq, v)
	default:
		w.overtaken(r, value, seq, v)
	}
}

// overtaken checks what a fill returned whose own value, numbered seq, was not
// stored: the value that was there, or its own if that had gone again.
func (w *worker) overtaken(r *record, value []byte, seq int, v view) {
	r.settle(seq, refused)
	if got, err := readValue(r.key, value, w.opts.ValueSize); err != nil || got != seq {
		w.saw(r, value, true, v)
	}
}

// incr increments a counter, or makes it if it is not there.
func (w *worker) incr(ctx context.Context, c *counter) {
	done, losses := c.begin()
	w.begin("Incr")
	n, err := w.cache.Incr(ctx, c.key, 1)
	if errors.Is(err, cache.ErrNotFound) {
		w.mistake(c.missed(done, losses))
		w.begin("Add")
		_, err = w.cache.Add(ctx, c.key, 0)
		w.done(err)
		return
	}
	if w.done(err) {
		w.mistake(c.counted(n, done, losses))
	}
}
