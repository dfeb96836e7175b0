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

// left is called by the cache for each entry that it deletes or replaces, as a
// part of that.
func left(deleted otter.DeletionEvent[string, entry]) { deleted.Value.left() }
