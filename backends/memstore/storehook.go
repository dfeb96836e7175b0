package memstore

import (
	"github.com/maypok86/otter/v2"

	"github.com/larder-go/larder/cache/driver"
)

// stored calls the hook of v, which is about to be stored, and counts v.
func (e *engine) stored(v entry) {
	if hook, ok := v.value.(driver.StoreHook); ok {
		hook.OnStored()
	}
	if v.expires() {
		e.sweeper.add()
	}
}

// removed is the reverse of stored: v is no longer stored, or was not after all.
func (e *engine) removed(v entry) {
	if hook, ok := v.value.(driver.StoreHook); ok {
		hook.OnRemoved()
	}
	if v.expires() {
		e.sweeper.remove()
	}
}

// deleted is called by the cache for each entry that it deletes or replaces, as
// a part of that.
func (e *engine) deleted(event otter.DeletionEvent[string, entry]) { e.removed(event.Value) }
