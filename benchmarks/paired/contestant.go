package paired

import "sync"

// Contestant is something whose operations take time.
type Contestant struct {
	Name string

	// Run runs n operations and returns when they are done. It is called from
	// one goroutine, and must leave nothing running.
	Run func(n int)
}

// Serial is a contestant that runs one operation after the other.
func Serial(name string, op func()) Contestant {
	return Contestant{Name: name, Run: func(n int) {
		for range n {
			op()
		}
	}}
}

// Parallel is a contestant whose operations run in so many goroutines at once,
// an equal part of each block in each. make is called once for each of them:
// its operation may keep state that is not shared.
func Parallel(name string, goroutines int, make func() (op func())) Contestant {
	ops := []func(){}
	for range goroutines {
		ops = append(ops, make())
	}
	return Contestant{Name: name, Run: func(n int) {
		var running sync.WaitGroup
		for i, op := range ops {
			// The first ones take what cannot be divided.
			share := (n + goroutines - 1 - i) / goroutines
			running.Go(func() {
				for range share {
					op()
				}
			})
		}
		running.Wait()
	}}
}
