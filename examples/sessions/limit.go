package main

import (
	"context"
	"errors"
	"time"

	"github.com/larder-go/larder/cache"
)

const (
	window = time.Minute // in which an address may try to log in
	tries  = 5           // so often
)

// allow counts an attempt, and reports whether it is among the first in its
// window. However many come at once, each gets a number of its own.
func allow(ctx context.Context, who string) (bool, error) {
	limits := cache.From(ctx, "limits")
	for range 3 {
		// The first opens the window. Incr leaves its end where it is.
		if _, err := limits.Add(ctx, who, 0, cache.After(window)); err != nil {
			return false, err
		}
		n, err := limits.Incr(ctx, who, 1)
		if !errors.Is(err, cache.ErrNotFound) {
			return err == nil && n <= tries, err
		}
		// The window has ended between the two.
	}
	return false, cache.ErrNotFound // a backend that keeps nothing
}
