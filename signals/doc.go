// Package signals lets one part of a program tell others that something has
// happened, without knowing who they are. It holds the typed [Signal], and the
// [Bus] of signals that mark the life of an HTTP request. It does not hold the
// middleware that sends those, nor the events of the cache, which are sent on
// the same type.
//
// A signal is a variable of type Signal[E], where E is the type of its events.
// Its zero value is ready to use:
//
//	var OrderPlaced signals.Signal[Order]
//
//	disconnect := OrderPlaced.Connect(func(ctx context.Context, sender any, o Order) error {
//		return mail(ctx, o)
//	})
//	defer disconnect()
//
//	results := OrderPlaced.SendRobust(ctx, shop, order)
//
// There are three ways to send. [Signal.Send] stops at the first receiver that
// fails; [Signal.SendRobust] runs every receiver whatever the others do; and
// [Signal.SendAsync] does that concurrently. With nobody listening each of them
// costs one atomic load: no lock is taken and nothing is allocated.
//
// To listen to the requests that a server handles:
//
//	signals.Default.RequestFinished.Connect(
//		func(ctx context.Context, sender any, e signals.FinishedEvent) error {
//			return flushAuditLog(ctx, e.Request)
//		})
//
// # Changing receivers while sending
//
// A send goes to the receivers that were connected when it began, in the order
// in which they connected. So a receiver may connect and disconnect others or
// itself, and may send on the same signal. One that is connected during a send
// first hears of the next; one that is disconnected may still be called by
// sends that had begun.
//
// # Coming from Django
//
// sender= is [From] and dispatch_uid= is [UID]. Receivers are held strongly:
// there are no weak references, so what a receiver refers to lives until it is
// disconnected. An exception is an error that the receiver returns, or a panic.
package signals
