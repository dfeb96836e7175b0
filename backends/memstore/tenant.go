package memstore

import (
	"github.com/maypok86/otter/v2"

	"github.com/larder-go/larder/cache/driver"
)

// entered tells a native value that it is about to be stored.
func (e entry) entered() {
	if t, ok := e.value.(driver.Tenant); ok {
		t.Entered()
	}
}

// left tells a native value that it is not stored any more.
func (e entry) left() {
	if t, ok := e.value.(driver.Tenant); ok {
		t.Left()
	}
}

// entered counts v, which is about to be stored, and tells its value.
func (e *engine) entered(v entry) {
	v.entered()
	if v.expires() {
		e.sweeper.add()
	}
}

// left is the reverse of entered: v is not stored any more, or was not at all.
func (e *engine) left(v entry) {
	v.left()
	if v.expires() {
		e.sweeper.remove()
	}
}

// deleted is called by the cache for each entry that it deletes or replaces, as
// a part of that.
func (e *engine) deleted(event otter.DeletionEvent[string, entry]) { e.left(event.Value) }
