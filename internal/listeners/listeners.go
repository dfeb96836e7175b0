// Package listeners is what package signals offers to the lifecycle of requests beyond its
// public names. Package signals imports this package, so nothing here knows the types of
// package signals.
package listeners

// HasOthers reports whether an event of sender, sent on signal, would reach a receiver other
// than the one that is connected with uid. It is safe for concurrent use.
type HasOthers[Signal any] func(signal Signal, uid string, sender any) bool

// registered is the HasOthers of package signals.
var registered any

// Register keeps f for [Registered]. Package signals calls it in its init function, for
// *signals.Signal[signals.FinishedEvent].
func Register[Signal any](f HasOthers[Signal]) { registered = f }

// Registered returns what package signals has registered. Call it when the program starts,
// with the type that [Register] names.
func Registered[Signal any]() HasOthers[Signal] { return registered.(HasOthers[Signal]) }
