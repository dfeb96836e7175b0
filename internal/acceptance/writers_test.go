package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/larder-go/larder/cache"
)

const (
	writers    = 16 // in each process
	increments = 20 // of each writer

	counter = "counter"
	addKeys = 40
)

// concurrently calls f with 0 to n-1, in a goroutine each, and returns all
// errors.
func concurrently(n int, f func(i int) error) error {
	errs := make([]error, n)
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() { errs[i] = f(i) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// count has all writers count up at once.
func count(ctx context.Context, c cache.Cache) (report, error) {
	var mu sync.Mutex
	var r report
	err := concurrently(writers, func(int) error {
		for range increments {
			n, err := c.Incr(ctx, counter, 1)
			mu.Lock()
			switch {
			case err == nil:
				r.Counted = append(r.Counted, n)
			case errors.Is(err, cache.ErrOverflow), errors.Is(err, cache.ErrNotInteger):
				r.Refused, err = r.Refused+1, nil
			}
			mu.Unlock()
			if err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

func addKey(i int) string { return fmt.Sprint("add:", i) }

// add has all writers add the same keys.
func add(ctx context.Context, c cache.Cache) (report, error) {
	var mu sync.Mutex
	r := report{Won: make(map[string]int)}
	err := concurrently(writers, func(w int) error {
		for i := range addKeys {
			added, err := c.Add(ctx, addKey(i), w)
			if err != nil {
				return err
			}
			if added {
				mu.Lock()
				r.Won[addKey(i)]++
				mu.Unlock()
			}
		}
		return nil
	})
	return r, err
}
