package cache

import (
	"sync"
	"sync/atomic"
)

// localTags are the invalidations of tags in a store that only this process has. Each tag has
// one of a fixed number of slots, with the count of invalidations as it was after the last one
// of a tag of that slot. So an entry needs to know only the count as it was before its value was loaded; what is
// known does not grow with the number of tags; and that two tags have one slot makes a miss
// now and then, never an entry valid.
type localTags struct {
	count atomic.Uint64
	slots atomic.Pointer[[tagSlots]tagSlot] // nil until the first invalidation

	mu sync.Mutex // of invalidations
}

const tagSlots = 1 << 16

// tagSlot is the count after the last invalidation that was hard, and the last that was soft.
type tagSlot struct{ hard, soft atomic.Uint64 }

// invalidate invalidates tags by their hashes.
func (t *localTags) invalidate(hashes []uint64, soft bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	slots := t.slots.Load()
	if slots == nil {
		slots = new([tagSlots]tagSlot)
		t.slots.Store(slots)
	}
	next := t.count.Load() + 1
	for _, h := range hashes {
		slot := &slots[h%tagSlots]
		if soft {
			slot.soft.Store(next)
		} else {
			slot.hard.Store(next)
		}
	}
	t.count.Store(next) // after the slots: who sees the count sees them
}

// tagState says whether the tags of an entry are valid.
type tagState uint8

const (
	tagsValid tagState = iota
	tagsStale          // one was invalidated softly
	tagsInvalid
)

// state returns that of an entry whose tags were valid at the count since, and the count now.
func (t *localTags) state(hashes []uint64, since uint64) (state tagState, now uint64) {
	now = t.count.Load() // before the slots are looked at
	slots := t.slots.Load()
	if now == since || slots == nil {
		return tagsValid, now
	}
	for _, h := range hashes {
		slot := &slots[h%tagSlots]
		if slot.hard.Load() > since {
			return tagsInvalid, now
		}
		if slot.soft.Load() > since {
			state = tagsStale
		}
	}
	return state, now
}

// taggedValue is an entry with tags in a store that only this process has.
type taggedValue struct {
	entry
	hashes  []uint64
	size    int64
	validAt atomic.Uint64 // the count at which the tags were known to be valid
}

// overheadOfTags is what a taggedValue accounts for, in bytes, beside its value.
const overheadOfTags = 96

// state returns that of the entry now, and remembers that it is valid.
func (v *taggedValue) state(t *localTags) tagState {
	since := v.validAt.Load()
	if t.count.Load() == since {
		return tagsValid
	}
	state, now := t.state(v.hashes, since)
	if state == tagsValid {
		v.validAt.CompareAndSwap(since, now)
	}
	return state
}
