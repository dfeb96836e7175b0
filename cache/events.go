package cache

import (
	"context"
	"sync/atomic"
	"time"
)

// Event is something that a cache did. Connect to [Handler.Events] to count,
// trace or log; nothing is built without a listener.
type Event struct {
	Kind  EventKind
	Alias string
	Op    string // the method: one of Cache, GetOrSet or MakeKey
	Key   string // the caller's key; empty for Clear, Close, and an error that is not about one key
	Err   error  // for EventError, EventCorrupt and a failed EventLoad
}

// EventKind says what an [Event] reports.
type EventKind uint8

// The kinds of event.
const (
	EventHit        EventKind = iota + 1 // a read found an entry
	EventMiss                            // a read found none
	EventSet                             // an entry was stored
	EventDelete                          // a deletion succeeded, whether or not there was an entry
	EventTouch                           // an entry got a new timeout
	EventIncr                            // a counter was changed
	EventClear                           // the alias was emptied
	EventLoad                            // a loader of Fill or GetOrSet ran
	EventCorrupt                         // a read found an entry that it could not read: a miss, sent instead of EventMiss
	EventError                           // an operation failed
	EventClose                           // a request's use of the cache ended
	EventInvalidate                      // tags were invalidated
)

var eventNames = [...]string{
	EventHit:     "hit",
	EventMiss:    "miss",
	EventSet:     "set",
	EventDelete:  "delete",
	EventTouch:   "touch",
	EventIncr:    "incr",
	EventClear:   "clear",
	EventLoad:    "load",
	EventCorrupt: "corrupt",
	EventError:   "error",
	EventClose:   "close",

	EventInvalidate: "invalidate",
}

// String returns the name of the kind in lower case.
func (k EventKind) String() string {
	if int(k) < len(eventNames) && k > 0 {
		return eventNames[k]
	}
	return "unknown"
}

// publish sends an event to listeners. The sender is the alias's name.
func (a *alias) publish(ctx context.Context, kind EventKind, op, key string, err error) {
	if !a.events.HasListeners(a.sender) {
		return
	}
	a.events.Notify(ctx, a.sender, Event{Kind: kind, Alias: a.name, Op: op, Key: key, Err: err})
}

// hit reports a read that found an entry.
func (c *BaseCache) hit(ctx context.Context, op, key string, o *options) {
	if !o.flags.has(flagQuiet) {
		c.publish(ctx, EventHit, op, key, nil)
	}
}

// miss reports a read that found no entry.
func (c *BaseCache) miss(ctx context.Context, op, key string, o *options) {
	if !o.flags.has(flagQuiet) {
		c.publish(ctx, EventMiss, op, key, nil)
	}
}

// corrupt reports an entry that counts as a miss because it cannot be read.
func (a *alias) corrupt(ctx context.Context, op, key string, err error) {
	a.publish(ctx, EventCorrupt, op, key, err)
	if a.corruptWarnings.due(a.clock.Now()) {
		a.logger.WarnContext(ctx, "larder: a cache entry cannot be read and counts as a miss", "alias", a.name, "op", op, "key", shortened(key), "error", err)
	}
}

// warnOfWrongType logs what to do about a value that was read as another type.
func (a *alias) warnOfWrongType(ctx context.Context, op, key string, err error) {
	if a.typeWarnings.due(a.clock.Now()) {
		a.logger.WarnContext(ctx, "larder: a cached value is of another type than what reads it; if a release has changed the type, set on_wrong_type to miss, so that it is replaced, or change the version of the alias",
			"alias", a.name, "op", op, "key", shortened(key), "error", err)
	}
}

// rarely bounds how often something is logged that may happen at every
// request.
type rarely struct{ next atomic.Int64 }

const logInterval = 10 * time.Second

func (r *rarely) due(now time.Time) bool {
	next := r.next.Load()
	return now.UnixNano() >= next && r.next.CompareAndSwap(next, now.Add(logInterval).UnixNano())
}
