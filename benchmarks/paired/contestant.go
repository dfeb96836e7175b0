package paired

import "sync"

// Contestant is something whose operations take time.
type Contestant struct {
	Name string

	// Run runs n operations and returns when they are done. It is called from
	// one goroutine, and must leave nothing running.
	Run func(n int)

	// Twin, if there is one, is Run on data of its own. As a floor's control it
	// takes part instead of Run. Contestants whose data do not fit into the caches
	// of the processor must not share them: whoever's data are visited more often
	// than the others' finds more of them there.
	Twin func(n int)
}

// control is the second entry of a floor.
func (c Contestant) control() Contestant {
	if c.Twin != nil {
		c.Run = c.Twin
	}
	return c
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
