package signals_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/larder-go/larder/signals"
)

// journal is an event that receivers write their names into. Only one send uses
// it, and the form of sending must be sequential.
type journal struct{ names []string }

func enter(name string) signals.Receiver[*journal] {
	return func(_ context.Context, _ any, j *journal) error {
		j.names = append(j.names, name)
		return nil
	}
}

// Each send reaches each permanent receiver exactly once and in order, whatever connects and
// disconnects meanwhile.
func TestConcurrentConnectsDisconnectsAndSends(t *testing.T) {
	const goroutines, rounds = 4, 300
	var s signals.Signal[*journal]
	sender := new(int)
	var wg sync.WaitGroup

	s.Connect(enter("first"))
	churn := s.Connect(enter("passing"))
	s.Connect(enter("second"), signals.From(sender))
	churn()

	for range goroutines {
		wg.Go(func() {
			for range rounds {
				disconnect := s.Connect(enter("passing"))
				uid := s.Connect(enter("shared"), signals.UID("shared"))
				disconnect()
				uid()
				s.Disconnect("shared")
			}
		})
		wg.Go(func() {
			for i := range rounds {
				var j journal
				results := send(t, &s, sender, &j, i%2 == 0)
				checkJournal(t, &j, len(results))
			}
		})
		wg.Go(func() {
			for range rounds {
				if !s.HasListeners(sender) || !s.HasListeners(nil) {
					t.Error("HasListeners is false while receivers are connected")
				}
			}
		})
	}
	wg.Wait()

	var j journal
	s.SendRobust(t.Context(), sender, &j)
	if got := strings.Join(j.names, " "); got != "first second" {
		t.Errorf("left over: %s; want the permanent receivers", got)
	}
}

func send(t *testing.T, s *signals.Signal[*journal], sender any, j *journal, robust bool) []signals.Result {
	if robust {
		return s.SendRobust(t.Context(), sender, j)
	}
	results, err := s.Send(t.Context(), sender, j)
	if err != nil {
		t.Error(err)
	}
	return results
}

func checkJournal(t *testing.T, j *journal, results int) {
	var permanent []string
	shared := 0
	for _, name := range j.names {
		switch name {
		case "first", "second":
			permanent = append(permanent, name)
		case "shared":
			shared++
		}
	}
	if strings.Join(permanent, " ") != "first second" || shared > 1 || results != len(j.names) {
		t.Errorf("%d results for %v", results, j.names)
	}
}

// Concurrent SendAsyncs do not mix up their results while they compete for goroutines.
func TestConcurrentAsyncSends(t *testing.T) {
	const senders, rounds = 8, 100
	var s signals.Signal[*sync.Map]
	for _, uid := range []string{"a", "b", "c"} {
		s.Connect(func(_ context.Context, _ any, m *sync.Map) error {
			m.Store(uid, true)
			return nil
		}, signals.UID(uid))
	}
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for range rounds {
				var m sync.Map
				results, err := s.SendAsync(t.Context(), nil, &m).Wait(t.Context())
				if err != nil || len(results) != 3 {
					t.Errorf("Wait = %v, %v; want 3 results", results, err)
				}
				for _, r := range results {
					if _, ran := m.Load(r.UID); !ran || r.Err != nil {
						t.Errorf("result %+v, ran %v", r, ran)
					}
				}
			}
		})
	}
	wg.Wait()
}
