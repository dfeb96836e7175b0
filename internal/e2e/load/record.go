package load

import (
	"fmt"
	"slices"
	"sync"
)

// fate is what became of a change of a key.
type fate uint8

const (
	wrote     fate = iota // the value was stored, or is being stored
	failed                // the value may have been stored: the write ended in an error
	refused               // the value was not stored, by the answer to Add
	deleted               // the key was deleted, or is being deleted
	undecided             // the key may have been deleted: the deletion ended in an error
	baseline              // the beginning
)

// record is what is known of one key, which only one worker changes. The
// sequence number of a change is its index in fates.
type record struct {
	key  string
	opts *Options

	mu     sync.Mutex
	fates  []fate
	floor  int // the last change that has certainly been done; 0 if none is certain
	losses int
}

func newRecord(key string, opts *Options) *record {
	return &record{key: key, opts: opts, fates: []fate{baseline}}
}

// view is what was known when an operation began.
type view struct{ floor, losses int }

func (r *record) view() view {
	r.mu.Lock()
	defer r.mu.Unlock()
	return view{r.floor, r.losses}
}

// change begins a change and returns its sequence number.
func (r *record) change(f fate) (seq int, v view) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fates = append(r.fates, f)
	return len(r.fates) - 1, view{r.floor, r.losses}
}

// write begins a write and returns its value.
func (r *record) write() (value []byte, seq int, v view) {
	seq, v = r.change(wrote)
	return makeValue(r.key, seq, r.opts.ValueSize), seq, v
}

// acknowledge ends a change that began with v and was done.
func (r *record) acknowledge(seq int, v view) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.certain(seq, v)
}

// certain notes that a change is certainly done, unless that was before a loss.
func (r *record) certain(seq int, v view) {
	if v.losses == r.losses {
		r.floor = max(r.floor, seq)
	}
}

// settle ends a change in another way than by being done.
func (r *record) settle(seq int, f fate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fates[seq] = f
}

// lose forgets what is certain.
func (r *record) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.losses++
	r.floor = 0
}

// found checks a value that an operation found, which began with v, and reports
// whether it was an old one that Stale or Late allows.
func (r *record) found(value []byte, v view) (old bool, err error) {
	seq, err := readValue(r.key, value, r.opts.ValueSize)
	if err != nil {
		return false, fmt.Errorf("%s: %w", r.key, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case seq >= len(r.fates) || r.fates[seq] != wrote && r.fates[seq] != failed:
		return false, fmt.Errorf("%s: found number %d, which was never stored", r.key, seq)
	case v.losses != r.losses:
		return false, nil
	case seq < v.floor && (r.opts.Stale || r.opts.Late && r.fates[seq] == failed):
		return true, nil
	case seq < v.floor:
		return false, fmt.Errorf("%s: found number %d after number %d was done", r.key, seq, v.floor)
	case !r.opts.Stale && !r.opts.Late:
		r.certain(seq, v) // it has been seen
	}
	return false, nil
}

// missed checks that an operation which began with v may have found nothing.
func (r *record) missed(v view) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opts.Stale || r.opts.Lossy || v.losses != r.losses || v.floor == 0 ||
		r.deletedSince(v.floor) || r.opts.Late && slices.Contains(r.fates, undecided) {
		return nil
	}
	return fmt.Errorf("%s: missed after number %d was done", r.key, v.floor)
}

// present checks that an operation which began with v may have found something
// that it itself, the change numbered own, had not written.
func (r *record) present(v view, own int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opts.Stale || r.opts.Late || v.losses != r.losses || v.floor == 0 || r.fates[v.floor] != deleted {
		return nil
	}
	for seq, f := range r.fates[v.floor:] {
		if v.floor+seq != own && (f == wrote || f == failed) {
			return nil
		}
	}
	return fmt.Errorf("%s: found something after the deletion numbered %d was done", r.key, v.floor)
}

// deletedSince reports whether one of the changes from the floor on may have
// deleted the key.
func (r *record) deletedSince(floor int) bool {
	return slices.ContainsFunc(r.fates[floor:], func(f fate) bool { return f == deleted || f == undecided })
}
