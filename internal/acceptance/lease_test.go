package acceptance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/larder-go/larder/internal/testbackends"
)

const (
	workers = 4  // processes of a fleet
	callers = 16 // in each of them
	rounds  = 5
)

// One load of a cold key runs for the callers of all processes, and all get its value.
func TestOneLoadRunsForAllProcesses(t *testing.T) {
	onEachShared(t, func(t *testing.T, b testbackends.Backend) {
		f := startFleet(t, b.URL(t), workers)
		defer f.stop(t)
		for i := range rounds {
			f.wantOneLoad(t, command{Action: "GetOrSet", Key: fmt.Sprint("key:", i)}, fmt.Sprint("value ", i))
		}
	})
}

// One run of the handler of a cold page answers the requests of all processes, with LeaseWait.
func TestOneRunOfAHandlerAnswersAllProcesses(t *testing.T) {
	onEachShared(t, func(t *testing.T, b testbackends.Backend) {
		f := startFleet(t, b.URL(t), workers)
		defer f.stop(t)
		for i := range rounds {
			f.wantOneLoad(t, command{Action: "page", Key: fmt.Sprint("/page/", i)}, fmt.Sprint("page ", i))
		}
	})
}

// After one process has deleted a key or invalidated a tag, one load runs for all of them, and
// none gets what was there before. A soft invalidation leaves what may still be served, so each
// process may load.
func TestOneLoadRunsAfterAnotherProcessHasInvalidated(t *testing.T) {
	tags := []string{"product:7", "shop"}
	changes := []struct {
		command
		loads int // at most, after it
	}{
		{command{Action: "InvalidateTags", Tags: tags[:1]}, 1},
		{command{Action: "InvalidateTags", Tags: tags}, 1},
		{command{Action: "InvalidateTagsSoft", Tags: tags[1:]}, workers},
		{command{Action: "Delete", Key: "key"}, 1},
	}
	onEachShared(t, func(t *testing.T, b testbackends.Backend) {
		f := startFleet(t, b.URL(t), workers)
		defer f.stop(t)
		load := command{Action: "GetOrSet", Key: "key", Tags: tags}
		f.wantOneLoad(t, load, "first")
		for i, c := range slices.Concat(changes, changes) {
			f.workers[i%workers].do(t, c.command)
			f.wantLoads(t, load, fmt.Sprint("after ", c.Action, " ", i), c.loads)
		}
	})
}

// wantOneLoad is wantLoads with one.
func (f *fleet) wantOneLoad(t *testing.T, c command, value string) {
	t.Helper()
	f.wantLoads(t, c, value, 1)
}

// wantLoads has the callers of all processes do the command at the same time, and checks that
// all get the value, from one load, or at most as many as given.
func (f *fleet) wantLoads(t *testing.T, c command, value string, atMost int) {
	t.Helper()
	f.serve(value)
	f.takeLoads()
	c.Callers = callers
	wantValues(t, value, f.do(t, c), map[string]int{value: workers * callers})
	if n := f.takeLoads(); n < 1 || n > atMost {
		t.Errorf("%s: %d loads, want 1 to %d", value, n, atMost)
	}
}
