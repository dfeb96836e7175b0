package launch

import (
	"context"
	"fmt"
	"time"
)

const (
	startLimit = 30 * time.Second // a busy machine under the race detector
	pollEvery  = 10 * time.Millisecond
)

// Await calls ready every 10 ms until it returns nil. After 30 s, or when ctx
// has ended, it returns the last error of ready.
func Await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", err)
		case <-tick.C:
		}
	}
}
