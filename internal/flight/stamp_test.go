package flight_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/internal/flight"
)

// A flight reports that another one committed since its starter's lookup.
func TestMissedReportsACommitSinceTheStartersLookUp(t *testing.T) {
	errStore := errors.New("store failed")
	tests := []struct {
		name   string
		commit func(f *run) (bool, error)
		missed bool
	}{
		{"stored", func(f *run) (bool, error) { return f.Commit(func() error { return nil }) }, true},
		// It may have stored all the same: a time-out tells nothing.
		{"store failed", func(f *run) (bool, error) { return f.Commit(func() error { return errStore }) }, true},
		{"nothing stored", func(*run) (bool, error) { return false, nil }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				stamp := g.Stamp() // and the look-up finds nothing
				wantOutcome(t, ask(t.Context(), g, key, func(_ context.Context, f *run) (string, error) {
					_, _ = test.commit(f)
					return "first", nil
				}), outcome{value: "first", leader: true})
				for _, since := range []struct {
					stamp  flight.Stamp
					missed bool
				}{{stamp, test.missed}, {g.Stamp(), false}} {
					_, _, _ = g.Do(t.Context(), key, since.stamp, func(_ context.Context, f *run) (string, error) {
						if f.Missed() != since.missed {
							t.Errorf("Missed = %v, want %v", f.Missed(), since.missed)
						}
						return "", nil
					})
				}
			})
		})
	}
}

// A caller that finds no flight sees that one has committed since its lookup.
func TestACallerThatFindsNoFlightSeesThatOneHasCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		stamp := g.Stamp()
		stored := make(chan struct{})
		first := ask(t.Context(), g, key, committing(stored))
		if g.Stamp() != stamp {
			t.Error("the mark has changed before anything was stored")
		}
		g.Forget(key) // so that nobody can join
		close(stored)
		wantOutcome(t, first, outcome{value: "committed", leader: true})
		if g.Stamp() == stamp {
			t.Error("the mark has not changed though a stale flight has stored")
		}
	})
}

// A commit returns the error of storing.
func TestCommitPassesOnTheErrorOfStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		errStore := errors.New("store failed")
		_, _, err := g.Do(t.Context(), key, g.Stamp(), func(_ context.Context, f *run) (string, error) {
			committed, err := f.Commit(func() error { return errStore })
			if !committed {
				t.Error("Commit reports that it did not call store")
			}
			return "", err
		})
		if !errors.Is(err, errStore) {
			t.Errorf("the error is %v", err)
		}
	})
}

// Only a commit of the key itself counts.
func TestOnlyACommitOfTheKeyItselfCounts(t *testing.T) {
	commit := func(g *group, key string) {
		_, _, _ = g.Do(t.Context(), []byte(key), g.Stamp(), func(_ context.Context, f *run) (string, error) {
			_, err := f.Commit(func() error { return nil })
			return "", err
		})
	}
	missed := func(g *group, since flight.Stamp) (missed bool) {
		_, _, _ = g.Do(t.Context(), key, since, func(_ context.Context, f *run) (string, error) {
			missed = f.Missed()
			return "", nil
		})
		return missed
	}
	g := flight.New[string]()
	stamp := g.Stamp()
	for i := range flight.Remembered {
		commit(g, fmt.Sprint("other ", i))
	}
	if missed(g, stamp) {
		t.Error("the commits of other keys count")
	}
	commit(g, "another")
	if !missed(g, stamp) {
		t.Error("who looked up before the log begins is not told to look again")
	}
	stamp = g.Stamp()
	commit(g, string(key))
	for i := range flight.Remembered - 1 {
		commit(g, fmt.Sprint("other ", i))
	}
	if !missed(g, stamp) {
		t.Error("a commit is forgotten though the log goes back to it")
	}
}
