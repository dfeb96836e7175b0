//go:build unix

package acceptance_test

import (
	"syscall"
	"testing"

	"github.com/larder-go/larder/internal/testbackends"
)

// signal sends a signal to the process.
func (r *remote) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// kill ends the process as a crash would.
func (r *remote) kill(t *testing.T) {
	t.Helper()
	r.killed = true
	r.signal(t, syscall.SIGKILL)
}

// A process that pauses for longer than its lease lives does not overwrite what another has
// loaded meanwhile, and returns that.
func TestAProcessThatPausesDoesNotOverwriteWhatAnotherHasLoaded(t *testing.T) {
	t.Parallel()
	atOnceOnEachShared(t, func(t *testing.T, b testbackends.Backend) {
		f := startFleet(t, b.URL(t), workers)
		defer f.stop(t)
		load := command{Action: "GetOrSet", Key: "key", Tags: []string{"tag"}}
		f.serve("old")
		h := f.hold()
		paused := f.workers[0]
		first := paused.start(t, f.ask(load))
		h.wait(t)
		paused.signal(t, syscall.SIGSTOP)
		defer paused.signal(t, syscall.SIGCONT) // it could not end otherwise
		f.takeLoads()
		f.serve("new")
		load.Callers = callers
		var others []<-chan result
		for _, w := range f.workers[1:] {
			others = append(others, w.start(t, f.ask(load)))
		}
		wantValues(t, "while it pauses", sum(t, others), map[string]int{"new": (workers - 1) * callers})
		if n := f.takeLoads(); n != 1 {
			t.Errorf("%d loads while it pauses, want one", n)
		}
		h.release()
		paused.signal(t, syscall.SIGCONT)
		wantValues(t, "the paused process", await(t, first), map[string]int{"new": 1})
		wantValues(t, "stored", f.do(t, command{Action: "Get", Key: "key"}), map[string]int{"new": workers})
	})
}

// If the process that loads a value or makes a page is killed, one load of another process
// answers all that wait.
func TestTheLoadOfAKilledProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	atOnceOnEachShared(t, func(t *testing.T, b testbackends.Backend) {
		f := startFleet(t, b.URL(t), workers)
		defer f.stop(t)
		killed := f.workers[0]
		loads := []command{{Action: "GetOrSet", Key: "key", Callers: callers}, {Action: "page", Key: "/page", Callers: callers}}
		f.serve("lost")
		for _, load := range loads {
			h := f.hold()
			killed.start(t, f.ask(load))
			h.wait(t)
		}
		f.takeLoads()
		f.serve("loaded")
		f.workers = f.workers[1:]
		var waiting []<-chan result
		for _, load := range loads {
			waiting = append(waiting, f.start(t, load)...)
		}
		killed.kill(t)
		killed.stop(t)
		wantValues(t, "after that", sum(t, waiting), map[string]int{"loaded": len(loads) * (workers - 1) * callers})
		if n := f.takeLoads(); n != len(loads) {
			t.Errorf("%d loads after that, want %d", n, len(loads))
		}
	})
}
