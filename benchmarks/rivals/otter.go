package rivals

import (
	"time"

	"github.com/maypok86/otter/v2"
)

// Otter is the engine of larder's memory store used directly, by its default
// clock; OtterCoarse is the same by the coarse clock, as larder uses it.
var (
	Otter = Rival{Name: "otter", Module: "github.com/maypok86/otter/v2", Evicts: true, Open: func(capacity, _ int) (Cache, func(), error) {
		return openOtter(capacity, nil, func() {})
	}}
	OtterCoarse = Rival{Name: "otter-coarse", Module: "github.com/maypok86/otter/v2", Evicts: true, Open: func(capacity, _ int) (Cache, func(), error) {
		clock := otter.NewCoarseClock(2 * time.Millisecond)
		return openOtter(capacity, clock, clock.Stop)
	}}
)

type otterCache struct {
	c *otter.Cache[string, []byte]
}

func openOtter(capacity int, clock otter.Clock, stop func()) (Cache, func(), error) {
	c, err := otter.New(&otter.Options[string, []byte]{
		MaximumSize:      capacity,
		ExpiryCalculator: otter.ExpiryWriting[string, []byte](TTL),
		Clock:            clock,
	})
	if err != nil {
		return nil, nil, err
	}
	return otterCache{c}, func() { c.StopAllGoroutines(); stop() }, nil
}

func (c otterCache) Get(key string) ([]byte, bool) { return c.c.GetIfPresent(key) }
func (c otterCache) Set(key string, value []byte)  { c.c.Set(key, value) }
