package stream

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// A client that started a run over its limit and reads nothing is dropped as soon as others wait
// for it. The others read all.
func TestALeaderThatStallsOthersIsEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, 10, unlimited{})
		leader, _ := s.Join(true)
		other, _ := s.Join(false)
		aborted := false
		leader.OnEvict(func() { aborted = true })
		start := time.Now()
		go func() {
			_, _ = s.Write(t.Context(), make([]byte, 4*streamWindow))
			s.Finish(nil)
		}()
		got := 0
		for {
			part, _, err := other.Next(t.Context())
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
		if _, _, err := leader.Next(t.Context()); !errors.Is(err, ErrLagging) {
			t.Errorf("the one who stalls gets %v", err)
		}
	})
}

// A slow client for whom nobody waits gets the whole stream.
func TestALeaderWithoutWaitingReadersIsNotEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, 10, unlimited{})
		leader, _ := s.Join(true)
		go func() {
			_, _ = s.Write(t.Context(), make([]byte, 4*streamWindow))
			s.Finish(nil)
		}()
		got := 0
		for {
			time.Sleep(time.Hour)
			part, _, err := leader.Next(t.Context())
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

// unlimited is an account without a limit.
type unlimited struct{}

func (unlimited) Reserve(int64) bool { return true }
func (unlimited) Hold(int64)         {}
func (unlimited) Release(int64)      {}
