package middleware

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// TestALeaderThatStallsOthersIsEvicted has the client who started a run over its limit
// read nothing, while another reads all.
func TestALeaderThatStallsOthersIsEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(nil, 10, nil)
		leader, _ := s.join(true)
		other, _ := s.join(false)
		aborted := false
		leader.onEvict(func() { aborted = true })
		start := time.Now()
		go func() {
			_, _ = s.write(t.Context(), make([]byte, 4*streamWindow))
			s.finish(nil)
		}()
		got := 0
		for {
			part, _, err := other.next(t.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got += len(part)
		}
		if waited := time.Since(start); got != 4*streamWindow || !aborted || waited < stallLimit || waited > 3*stallLimit {
			t.Errorf("%d bytes after %v, aborted %v", got, waited, aborted)
		}
		if _, _, err := leader.next(t.Context()); !errors.Is(err, errLagging) {
			t.Errorf("the one who stalls gets %v", err)
		}
	})
}

func TestALeaderForWhomNobodyWaitsMayTakeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(nil, 10, nil)
		leader, _ := s.join(true)
		go func() {
			_, _ = s.write(t.Context(), make([]byte, 4*streamWindow))
			s.finish(nil)
		}()
		got := 0
		for {
			time.Sleep(time.Hour)
			part, _, err := leader.next(t.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got += len(part)
		}
		if got != 4*streamWindow {
			t.Errorf("%d bytes", got)
		}
	})
}
