package lifecycle

import (
	"cmp"
	"fmt"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/signals"
)

// CloseCachesUID is the dispatch uid of the receiver that closes a request's caches.
const CloseCachesUID = "larder.close_caches"

// Options are what options say, in whatever order they were given. A slice has one element
// unless its option was given several times.
type Options struct {
	Buses  []*signals.Bus   // nil is signals.Default
	Caches []*cache.Handler // nil is the default handler
}

// New returns the Lifecycle of these options. It panics if one is nil, or if a value is
// given twice.
func New[Option ~func(*Options)](opts ...Option) *Lifecycle {
	var o Options
	for _, opt := range opts {
		if opt == nil {
			panic("middleware: Lifecycle: an option is nil; options are what WithBus and WithCaches return")
		}
		opt(&o)
	}
	return o.resolve()
}

// resolve makes a Lifecycle of all options together, and connects the receiver that closes
// caches to its bus.
func (o *Options) resolve() *Lifecycle {
	if len(o.Buses) > 1 || len(o.Caches) > 1 {
		panic(fmt.Sprintf("middleware: Lifecycle: WithBus is given %d times and WithCaches %d times; each holds one value", len(o.Buses), len(o.Caches)))
	}
	l := &Lifecycle{bus: signals.Default}
	for _, bus := range o.Buses {
		l.bus = cmp.Or(bus, signals.Default)
	}
	for _, caches := range o.Caches {
		l.caches = caches
	}
	l.bus.RequestFinished.Connect(closeCaches, signals.UID(CloseCachesUID), signals.Last())
	return l
}
