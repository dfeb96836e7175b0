package main

import (
	"fmt"
	"time"

	"github.com/larder-go/larder/internal/e2e/load"
)

// fault is a way to break a backend. It is called with the number of the fault, and
// returns what ends it.
type fault struct {
	name string
	do   func(h *host, b *backend, n int) (heal func())
}

var faults = []fault{
	{"killed", killed},
	{"cut off", cut},
	{"silent", unresponsive},
	{"slow", slow},
}

// killed ends the server as a crash would, with all that it had.
func killed(h *host, b *backend, _ int) (heal func()) {
	b.server.Kill()
	b.data.Lost()
	return func() {
		if err := b.server.Restart(h.ctx); err != nil {
			h.Fatal(err)
		}
	}
}

// cut ends each connection after so many bytes, in the greeting, in the first reply,
// or in a later one.
func cut(_ *host, b *backend, n int) (heal func()) {
	lengths := []int64{1, 300, 700, 3000, 9973}
	b.proxy.CutReplies(lengths[n%len(lengths)])
	return b.proxy.Heal
}

func unresponsive(_ *host, b *backend, _ int) (heal func()) {
	b.proxy.Stall()
	return b.proxy.Heal
}

func slow(_ *host, b *backend, _ int) (heal func()) {
	b.proxy.Latency(200*time.Millisecond, 100*time.Millisecond)
	return b.proxy.Heal
}

// What shows that a backend has recovered, by itself.
const (
	recoveredData  = 100 // operations in a row
	recoveredPages = 10  // pages from the cache
)

// inflict breaks a backend for a time, and waits until it has recovered. It returns
// how long that took, from the end of the fault.
func (s *soaking) inflict(f fault, b *backend, n int) (recovery time.Duration) {
	s.say("%s is %s", b.name, f.name)
	b.health.Break()
	heal := f.do(s.host, b, n)
	s.wait(s.plan.fault)
	heal()
	healed, hits := time.Now(), b.pages.Hits()
	b.data.Mark()
	b.data.Until(s.host, load.Recovered(recoveredData))
	s.await(fmt.Sprintf("pages come from %s again", b.name), func() bool { return b.pages.Hits() >= hits+recoveredPages })
	b.health.Heal()
	return time.Since(healed)
}
