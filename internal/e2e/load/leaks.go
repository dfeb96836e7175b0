package load

import (
	"slices"
	"testing"

	"go.uber.org/goleak"
)

// OfProxy has goleak overlook what a [Proxy] may leave behind when it heals a
// fault: toxiproxy 2.5 ends one goroutine of a connection while another is just
// sending to it, which then waits for good. These are all that it has for a
// connection; the one that accepts them is not among them.
var OfProxy = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
}

// Leaks fails the test if, at its end, there are goroutines that were not there
// when Leaks was called. Call it before anything is started, so that it looks
// when all has been stopped; the test cannot run in parallel with others.
func Leaks(tb testing.TB) {
	tb.Helper()
	overlooked := append(slices.Clone(OfProxy), goleak.IgnoreCurrent())
	tb.Cleanup(func() { goleak.VerifyNone(tb, overlooked...) })
}
