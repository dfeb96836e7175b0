package signals

import (
	"fmt"
	"reflect"
)

// ConnectOption is an option of [Signal.Connect] and [Signal.Disconnect]: [From],
// [UID] or [Last]. From and UID may be given at most once; Disconnect ignores Last.
type ConnectOption func(*connectOptions)

// connectOptions is what the options say.
type connectOptions struct {
	identity
	last bool
}

// identity is what connections are distinguished by: two with a uid are the same if
// their identities are equal. The operator == never panics on it, because sender
// is comparable.
type identity struct {
	uid      string
	filtered bool // by sender, which may be nil
	sender   any
}

// From limits the receiver to events whose sender == sender. The sender is usually
// a pointer; take care that it does not point to a type of size zero, since
// pointers to different variables of such a type may be equal. From(nil) selects
// the events that are sent with a nil sender; to hear all senders, leave From out.
//
// From panics if sender cannot be compared, as with a slice, a map, a function,
// or a struct that holds one. Only the argument of From has to be comparable:
// what is passed to the Send methods may be any value.
func From(sender any) ConnectOption {
	if sender != nil && !reflect.ValueOf(sender).Comparable() {
		panic(fmt.Sprintf("signals: From: a %T cannot be compared with ==: use a pointer as the sender", sender))
	}
	return func(id *connectOptions) {
		if id.filtered {
			panic("signals: From is given twice: connect once for each sender")
		}
		id.filtered, id.sender = true, sender
	}
}

// UID names the connection, so that code which may run twice connects once:
// among connections with the same uid and the same [From] the first wins. The
// name is also in the [Result] and in the log. To keep clear of others, begin it
// with the path of your package. It panics if uid is empty.
func UID(uid string) ConnectOption {
	if uid == "" {
		panic("signals: UID: the uid is empty")
	}
	return func(id *connectOptions) {
		if id.uid != "" {
			panic(fmt.Sprintf("signals: UID is given twice: %q and %q", id.uid, uid))
		}
		id.uid = uid
	}
}

// Last makes the receiver run after all that are connected without Last, also those that
// connect later. It is for a receiver that closes something that the others use.
func Last() ConnectOption { return func(o *connectOptions) { o.last = true } }

func newConnectOptions(opts []ConnectOption) connectOptions {
	var o connectOptions
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// accepts reports whether an event of sender passes the filter.
func (id *identity) accepts(sender any) bool {
	return !id.filtered || id.sender == sender
}
