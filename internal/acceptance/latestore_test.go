package acceptance_test

import (
	"testing"
	"time"

	"github.com/larder-go/larder/internal/testbackends"
)

// change is what one process does while another loads a value, and what callers get after it.
type change struct {
	command
	want string
}

// lateStore is a load that ends after a change.
type lateStore struct {
	load  command
	reset command // makes the load a cold one
	look  command // finds what is stored, if that can be found without a load
}

// A load does not bring back what another process has changed while it ran: no process finds
// its value, and no caller gets it that asks after the change.
func TestALoadDoesNotBringBackWhatAnotherProcessHasChanged(t *testing.T) {
	tags := []string{"tag"}
	l := lateStore{
		load:  command{Action: "GetOrSet", Key: "key", Tags: tags},
		reset: command{Action: "Delete", Key: "key"},
		look:  command{Action: "Get", Key: "key"},
	}
	l.test(t, []change{
		{command{Action: "Delete", Key: "key"}, "new"},
		{command{Action: "Touch", Key: "key"}, "new"},
		{command{Action: "Clear"}, "new"},
		{command{Action: "InvalidateTags", Tags: tags}, "new"},
		{command{Action: "InvalidateTagsSoft", Tags: tags}, "new"},
		{command{Action: "Set", Key: "key", Value: "set", Tags: tags}, "set"},
		{command{Action: "Add", Key: "key", Value: "added", Tags: tags}, "added"},
	})
}

// A run of a handler does not bring back a page that another process has purged while it ran,
// and answers no request that comes after the purge.
func TestARunDoesNotBringBackAPageThatAnotherProcessHasPurged(t *testing.T) {
	purge := command{Action: "purge", Key: "/page"}
	l := lateStore{load: command{Action: "page", Key: "/page"}, reset: purge}
	l.test(t, []change{{purge, "new"}, {command{Action: "Clear"}, "new"}})
}

// test makes the changes on each backend. Callers ask after the load, or while it runs.
func (l *lateStore) test(t *testing.T, changes []change) {
	onEachShared(t, func(t *testing.T, b testbackends.Backend) {
		f := startFleet(t, withoutLag(t, b), workers)
		defer f.stop(t)
		for _, c := range changes {
			t.Run(c.Action+", asked after the load", func(t *testing.T) { l.askAfter(t, f, c) })
			t.Run(c.Action+", asked during the load", func(t *testing.T) { l.askDuring(t, f, c) })
		}
	})
}

// withoutLag returns the URL of a cache on which other processes see Clear at once.
func withoutLag(t *testing.T, b testbackends.Backend) string {
	t.Helper()
	address := b.URL(t)
	if b.Name == "memcached" {
		address = testbackends.With(address, "clear_lag", "0s")
	}
	return address
}

// begin has one process make the change while another loads the value "old". That goes on
// until it is released.
func (l *lateStore) begin(t *testing.T, f *fleet, c change) (h *held, first <-chan result) {
	t.Helper()
	f.workers[0].do(t, l.reset)
	f.serve("old")
	h = f.hold()
	first = f.workers[0].start(t, f.ask(l.load))
	h.wait(t)
	f.workers[1].do(t, c.command)
	f.serve("new")
	return h, first
}

// wantFirst checks what the caller got that asked before the change.
func wantFirst(t *testing.T, first <-chan result, c change) {
	t.Helper()
	if got := await(t, first); got["old"]+got[c.want] != 1 {
		t.Errorf("who asked before the change got %v", got)
	}
}

func (l *lateStore) askAfter(t *testing.T, f *fleet, c change) {
	h, first := l.begin(t, f, c)
	h.release()
	wantFirst(t, first, c)
	stored := c.want
	if stored == "new" {
		stored = "" // nobody has loaded it yet
	}
	l.wantStored(t, f, stored)
	wantValues(t, "later", f.do(t, l.byMany()), map[string]int{c.want: workers * callers})
	l.wantStored(t, f, c.want)
}

func (l *lateStore) askDuring(t *testing.T, f *fleet, c change) {
	h, first := l.begin(t, f, c)
	later := f.start(t, l.byMany())
	time.Sleep(loadTime) // some of them wait for the load, if they ever do
	h.release()
	wantFirst(t, first, c)
	wantValues(t, "later", sum(t, later), map[string]int{c.want: workers * callers})
	l.wantStored(t, f, c.want)
}

// byMany returns the load by many callers of each process.
func (l *lateStore) byMany() command {
	load := l.load
	load.Callers = callers
	return load
}

// wantStored checks what all processes find, "" for nothing.
func (l *lateStore) wantStored(t *testing.T, f *fleet, want string) {
	t.Helper()
	if l.look.Action != "" {
		wantValues(t, "stored", f.do(t, l.look), map[string]int{want: workers})
	}
}
