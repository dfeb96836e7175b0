package stream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
)

// held is how many bytes a stream has memory for.
func (s *Stream) held() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cap(s.kept)
}

// A stream over the limit keeps no more than its window, whoever lags behind.
func TestTheMemoryOfAStreamIsBounded(t *testing.T) {
	const limit, total = 1 << 20, 16 << 20
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, limit, unlimited{})
		leader, _ := s.Join(true)
		lagging, _ := s.Join(false)
		most := 0
		go func() {
			part := make([]byte, 100_000)
			for n := 0; n < total; n += len(part) {
				if _, err := s.Write(t.Context(), part); err != nil {
					t.Errorf("write: %v", err)
				}
				most = max(most, s.held())
			}
			s.Finish(nil)
		}()
		for {
			_, _, err := leader.Next(t.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if _, _, err := lagging.Next(t.Context()); !errors.Is(err, ErrLagging) {
			t.Errorf("the one who reads nothing: %v", err)
		}
		if _, ok := s.Join(false); ok {
			t.Error("somebody could join")
		}
		s.Finish(nil)
		if _, whole := s.Ended(); whole {
			t.Error("it counts as whole")
		}
		// append may double what it needs.
		if most > limit+4*streamWindow {
			t.Errorf("up to %d bytes were held", most)
		}
	})
}

// Up to the limit the handler writes without waiting; above it, it waits for the client that
// started the run.
func TestTheWriterWaitsForTheLeaderAboveTheLimitOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 3 * streamWindow
		s := New(nil, limit, unlimited{})
		leader, _ := s.Join(true)
		written := make(chan error, 1)
		if _, err := s.Write(t.Context(), make([]byte, limit)); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := s.Write(t.Context(), make([]byte, 1))
			written <- err
		}()
		synctest.Wait()
		select {
		case <-written:
			t.Error("the writer did not wait")
		default:
		}
		if part, _, err := leader.Next(t.Context()); len(part) != maxPart || err != nil {
			t.Errorf("%d bytes, %v", len(part), err)
		}
		for at := maxPart; at < 2*streamWindow+1; at += maxPart {
			_, _, _ = leader.Next(t.Context()) // until there is room in the window
		}
		if err := <-written; err != nil {
			t.Error(err)
		}
	})
}

// A writer goes on when its last reader leaves.
func TestAWriterWithoutReadersIsNotStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, 10, unlimited{})
		leader, _ := s.Join(true)
		done := make(chan error, 1)
		go func() {
			_, err := s.Write(t.Context(), make([]byte, 10*streamWindow))
			done <- err
		}()
		synctest.Wait()
		leader.Leave()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A writer that waits for a reader stops when its context ends.
func TestAWriterStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, 10, unlimited{})
		_, _ = s.Join(true)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			n, err := s.Write(ctx, make([]byte, 10*streamWindow))
			if n != streamWindow {
				t.Errorf("%d bytes were taken", n)
			}
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("write: %v", err)
		}
	})
}

// Each reader of a stream gets a prefix of what was written, and all of it if it ends with io.EOF.
// Readers of random speed join, read and leave.
func TestReadersGetTheBytesInOrderOrAnError(t *testing.T) {
	for round := range 8 {
		r := rand.New(rand.NewPCG(uint64(round), 3))
		want := make([]byte, r.IntN(3*streamWindow))
		for i := range want {
			want[i] = byte(i >> (i % 13))
		}
		limit := int64(r.IntN(len(want)+2) * 2)
		s := New(nil, limit, unlimited{})
		var wg sync.WaitGroup
		read := func(reader *Reader, pause int, leads bool) {
			defer reader.Leave()
			var got []byte
			for {
				part, _, err := reader.Next(t.Context())
				if err != nil {
					if !bytes.HasPrefix(want, got) || err == io.EOF && len(got) != len(want) || leads && err != io.EOF {
						t.Errorf("round %d: %d of %d bytes, %v", round, len(got), len(want), err)
					}
					return
				}
				got = append(got, part...)
				for range pause {
					_ = s.held()
				}
			}
		}
		leader, _ := s.Join(true)
		wg.Go(func() { read(leader, 0, true) })
		for i := range 8 {
			wg.Go(func() {
				for range i * 100 {
					_ = s.held()
				}
				if reader, ok := s.Join(false); ok {
					read(reader, i*200, false)
				}
			})
		}
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(200_000))
			if _, err := s.Write(t.Context(), rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		s.Finish(nil)
		wg.Wait()
	}
}
