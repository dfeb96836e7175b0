package load

import (
	"testing"

	"go.uber.org/goleak"
)

// OfProxy has goleak overlook what a [Proxy] may leave behind when it heals a
// silence: toxiproxy 2.5 closes the toxic's end of a channel into which another
// of its goroutines is just sending, for good.
var OfProxy = goleak.IgnoreTopFunction("github.com/Shopify/toxiproxy/v2/toxics.(*NoopToxic).Pipe")

// Leaks fails the test if, at its end, there are goroutines that were not there
// when Leaks was called. Call it before anything is started, so that it looks
// when all has been stopped; the test cannot run in parallel with others.
func Leaks(tb testing.TB) {
	tb.Helper()
	before := goleak.IgnoreCurrent()
	tb.Cleanup(func() { goleak.VerifyNone(tb, before, OfProxy) })
}
