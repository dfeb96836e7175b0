package targets

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
)

// loadTakes is how long the loads of P3 take.
const loadTakes = slowTakes

func loadsOnce(ctx context.Context, l *Lab) error {
	keys := keys()
	users, err := l.users(ctx, keys)
	if err != nil {
		return err
	}
	for _, goroutines := range []int{64, 10_000} {
		loads, took := storm(ctx, users, goroutines)
		job := fmt.Sprintf("GetOrSet of one missing key, %d goroutines", goroutines)
		l.report(job, Runs, loads, Exactly(1))
		l.report(job+": time to that of the load", Ratio, took, AtMost(1.1))
		l.report(fmt.Sprintf("%d goroutines that wait for a channel to be closed after that time", goroutines), Ratio, woken(goroutines), Bound{})
	}

	load := func(context.Context) (user, error) { panic("a load instead of a hit") }
	hit := func(users cache.View[user], key string) {
		_, err := users.GetOrSet(ctx, key, load)
		must(err)
	}
	l.report("GetOrSet of a native struct, a hit", Allocations, allocations(func() { hit(users, keys[1]) }), AtMost(1))
	one, two, err := l.compareReads(keys, usersRead(ctx, "hit", hit))
	if err != nil {
		return err
	}
	l.ratio("otter's Get and a look at the value's first byte, 1 core", one, "look", Bound{})
	l.ratio("GetOrSet, a hit, to otter's Get, 1 core", one, "hit", AtMost(1.2))
	l.ratio("GetOrSet, a hit, to otter's Get, 2 cores", two, "hit", AtMost(1.2))
	return nil
}

// storm has goroutines ask for one missing key at once, and returns the most
// loads that ran and the median time until all had the value, in units of the
// load's.
func storm(ctx context.Context, users cache.View[user], goroutines int) (loads, took float64) {
	times := make([]float64, 7)
	for i := range times {
		var ran atomic.Int64
		load := func(context.Context) (user, error) {
			ran.Add(1)
			time.Sleep(loadTakes)
			return user{ID: 1}, nil
		}
		key := fmt.Sprintf("missing:%d:%d", goroutines, i)
		elapsed := together(goroutines, func() {
			if got, err := users.GetOrSet(ctx, key, load); err != nil || got.ID != 1 {
				panic(fmt.Sprint("a wrong answer: ", got, err))
			}
		})
		times[i] = elapsed.Seconds() / loadTakes.Seconds()
		loads = max(loads, float64(ran.Load()))
	}
	return loads, median(times)
}

// woken returns the time that storm would take if nothing were cached: how long it
// takes until so many goroutines that wait have been woken when the load is over.
func woken(goroutines int) float64 {
	times := make([]float64, 7)
	for i := range times {
		var loading atomic.Bool
		loaded := make(chan struct{})
		elapsed := together(goroutines, func() {
			if loading.CompareAndSwap(false, true) {
				time.Sleep(loadTakes)
				close(loaded)
			}
			<-loaded
		})
		times[i] = elapsed.Seconds() / loadTakes.Seconds()
	}
	return median(times)
}

func median(times []float64) float64 {
	slices.Sort(times)
	return times[len(times)/2]
}

// together runs do in n goroutines, which begin at once when all are there, and
// returns how long it takes until the last is done.
func together(n int, do func()) time.Duration {
	var ready, done sync.WaitGroup
	ready.Add(n)
	begin := make(chan struct{})
	for range n {
		done.Go(func() {
			ready.Done()
			<-begin
			do()
		})
	}
	ready.Wait()
	began := time.Now()
	close(begin)
	done.Wait()
	return time.Since(began)
}
