package signals_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/listeners"
	"github.com/larder-go/larder/signals"
)

// The zero Signal has no listeners.
func TestZeroSignalHasNobodyListening(t *testing.T) {
	var s signals.Signal[string]
	if s.HasListeners(nil) {
		t.Error("HasListeners is true")
	}
	if results, err := s.Send(t.Context(), nil, "e"); results != nil || err != nil {
		t.Errorf("Send = %v, %v; want nil, nil", results, err)
	}
	if results := s.SendRobust(t.Context(), nil, "e"); results != nil {
		t.Errorf("SendRobust = %v; want nil", results)
	}
	if results, err := s.SendAsync(t.Context(), nil, "e").Wait(t.Context()); results != nil || err != nil {
		t.Errorf("SendAsync, Wait = %v, %v; want nil, nil", results, err)
	}
}

// A receiver gets the context, the sender and the event.
func TestReceiverIsToldContextSenderAndEvent(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	sender := new(int)
	check := func(ctx context.Context, from any, event string) error {
		if ctx.Value(key{}) != "value" || from != sender || event != "event" {
			t.Errorf("receiver got %v, %v, %q", ctx, from, event)
		}
		return nil
	}
	var s signals.Signal[string]
	s.Connect(check)
	_, _ = s.Send(ctx, sender, "event")
	s.SendRobust(ctx, sender, "event")
	if results, _ := s.SendAsync(ctx, sender, "event").Wait(t.Context()); len(results) != 1 {
		t.Errorf("%d results; want 1", len(results))
	}
}

// Without a UID the same receiver can be connected twice.
func TestWithoutUIDTheSameReceiverConnectsTwice(t *testing.T) {
	var s signals.Signal[string]
	var ran trace
	receiver := ran.receiver("r", nil)
	first := s.Connect(receiver)
	s.Connect(receiver)
	s.SendRobust(t.Context(), nil, "e")
	if got := ran.take(); len(got) != 2 {
		t.Errorf("ran %v; want twice", got)
	}
	first()
	s.SendRobust(t.Context(), nil, "e")
	if got := ran.take(); len(got) != 1 {
		t.Errorf("after one disconnect ran %v; want once", got)
	}
}

// The function that Connect returns removes that connection, once.
func TestDisconnectFunctionRemovesItsOwnConnectionOnce(t *testing.T) {
	var s signals.Signal[string]
	var ran trace
	s.Connect(ran.receiver("a", nil))
	disconnect := s.Connect(ran.receiver("b", nil))
	s.Connect(ran.receiver("c", nil))
	disconnect()
	disconnect()
	s.SendRobust(t.Context(), nil, "e")
	if diff := cmp.Diff([]string{"a", "c"}, ran.take()); diff != "" {
		t.Error(diff)
	}
}

// Of connections with one UID the first wins.
// Django, dispatch_uid
func TestUIDFirstConnectionWins(t *testing.T) {
	var s signals.Signal[string]
	var ran trace
	first := s.Connect(ran.receiver("first", nil), signals.UID("u"))
	second := s.Connect(ran.receiver("second", nil), signals.UID("u"))

	second()
	s.SendRobust(t.Context(), nil, "e")
	if diff := cmp.Diff([]string{"first"}, ran.take()); diff != "" {
		t.Errorf("the loser's disconnect function touched the winner: %s", diff)
	}

	first()
	s.SendRobust(t.Context(), nil, "e")
	if got := ran.take(); got != nil {
		t.Errorf("ran %v after the winner was disconnected; want none", got)
	}

	s.Connect(ran.receiver("third", nil), signals.UID("u"))
	first()
	second()
	s.SendRobust(t.Context(), nil, "e")
	if diff := cmp.Diff([]string{"third"}, ran.take()); diff != "" {
		t.Errorf("an old disconnect function touched a new connection of the uid: %s", diff)
	}
}

// A UID is separate for each sender filter.
// Django, dispatch_uid
func TestUIDIsSeparateForEachSenderFilter(t *testing.T) {
	var s signals.Signal[string]
	var ran trace
	alice, bob := new(int), new(int)
	s.Connect(ran.receiver("any", nil), signals.UID("u"))
	s.Connect(ran.receiver("alice", nil), signals.UID("u"), signals.From(alice))
	s.Connect(ran.receiver("bob", nil), signals.From(bob), signals.UID("u"))
	s.Connect(ran.receiver("nil", nil), signals.UID("u"), signals.From(nil))
	s.Connect(ran.receiver("alice again", nil), signals.UID("u"), signals.From(alice))

	s.SendRobust(t.Context(), alice, "e")
	if diff := cmp.Diff([]string{"any", "alice"}, ran.take()); diff != "" {
		t.Error(diff)
	}
	if !s.Disconnect("u", signals.From(alice)) {
		t.Error("Disconnect(u, From(alice)) = false")
	}
	if s.Disconnect("u", signals.From(alice)) {
		t.Error("Disconnect(u, From(alice)) a second time = true")
	}
	s.SendRobust(t.Context(), alice, "e")
	s.SendRobust(t.Context(), bob, "e")
	s.SendRobust(t.Context(), nil, "e")
	if diff := cmp.Diff([]string{"any", "any", "bob", "any", "nil"}, ran.take()); diff != "" {
		t.Error(diff)
	}
}

// Disconnect reports whether there was a connection.
// Django, Signal.disconnect
func TestDisconnectReportsWhetherThereWasOne(t *testing.T) {
	var s signals.Signal[string]
	var ran trace
	s.Connect(ran.receiver("no uid", nil))
	if s.Disconnect("u") {
		t.Error("Disconnect of an unknown uid = true")
	}
	s.Connect(ran.receiver("u", nil), signals.UID("u"))
	if s.Disconnect("u", signals.From(nil)) {
		t.Error("Disconnect with a filter found the connection without one")
	}
	if !s.Disconnect("u") {
		t.Error("Disconnect of a connected uid = false")
	}
	s.SendRobust(t.Context(), nil, "e")
	if diff := cmp.Diff([]string{"no uid"}, ran.take()); diff != "" {
		t.Error(diff)
	}
}

// From selects senders that are equal.
func TestFromSelectsEqualSenders(t *testing.T) {
	type named string
	p, q := new(int), new(int)
	tests := map[string]struct {
		filter, sender any
		want           bool
	}{
		"same pointer":                 {p, p, true},
		"pointers to equal values":     {p, q, false},
		"equal values":                 {"shop", "shop", true},
		"equal values of other types":  {"shop", named("shop"), false},
		"nil for nil":                  {nil, nil, true},
		"nil for a sender":             {nil, p, false},
		"a sender for nil":             {p, nil, false},
		"an uncomparable sender":       {p, []int{1}, false},
		"uncomparable inside of equal": {[1]any{1}, [1]any{[]int{1}}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var s signals.Signal[string]
			var ran trace
			s.Connect(ran.receiver("r", nil), signals.From(tt.filter))
			if got := s.HasListeners(tt.sender); got != tt.want {
				t.Errorf("HasListeners = %v; want %v", got, tt.want)
			}
			results := s.SendRobust(t.Context(), tt.sender, "e")
			if got := len(ran) == 1 && len(results) == 1; got != tt.want {
				t.Errorf("ran %v with results %v; want it to run: %v", ran, results, tt.want)
			}
		})
	}
}

// The lifecycle of requests learns of all receivers except its own, which it knows by its UID.
func TestTheLifecycleLearnsOfOtherReceiversThanItsOwn(t *testing.T) {
	var s signals.Signal[signals.FinishedEvent]
	hasOthers := listeners.Registered[*signals.Signal[signals.FinishedEvent]]()
	ignore := func(context.Context, any, signals.FinishedEvent) error { return nil }
	wants := func(want bool, when string) {
		t.Helper()
		if got := hasOthers(&s, "known", "shop"); got != want {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	wants(false, "with nobody connected")
	s.Connect(ignore, signals.UID("known"))
	s.Connect(ignore, signals.UID("known"), signals.From("shop"))
	s.Connect(ignore, signals.From("another shop"))
	wants(false, "with those who are known, and another's")
	gone := s.Connect(ignore)
	wants(true, "with one more")
	gone()
	s.Connect(ignore, signals.UID("other"), signals.From("shop"))
	wants(true, "with another uid")
}

// HasListeners follows connections.
// Django, Signal.has_listeners
func TestHasListenersFollowsConnections(t *testing.T) {
	var s signals.Signal[string]
	var ran trace
	alice, bob := new(int), new(int)
	disconnect := s.Connect(ran.receiver("alice's", nil), signals.From(alice))
	if !s.HasListeners(alice) || s.HasListeners(bob) || s.HasListeners(nil) {
		t.Error("with a filter for alice only alice has listeners")
	}
	s.Connect(ran.receiver("all", nil), signals.UID("all"))
	disconnect()
	if !s.HasListeners(alice) || !s.HasListeners(bob) || !s.HasListeners(nil) {
		t.Error("a receiver without a filter listens to every sender")
	}
	s.Disconnect("all")
	if s.HasListeners(alice) || s.HasListeners(nil) {
		t.Error("has listeners after the last was disconnected")
	}
}

// A nil receiver and similar mistakes panic.
func TestProgrammingErrorsPanic(t *testing.T) {
	var s signals.Signal[string]
	receiver := new(trace).receiver("r", nil)
	tests := map[string]struct {
		f    func()
		want string
	}{
		"nil receiver":             {func() { s.Connect(nil) }, "receiver is nil"},
		"empty uid":                {func() { s.Connect(receiver, signals.UID("")) }, "uid is empty"},
		"two uids":                 {func() { s.Connect(receiver, signals.UID("a"), signals.UID("b")) }, `"a" and "b"`},
		"two senders":              {func() { s.Connect(receiver, signals.From(1), signals.From(2)) }, "From is given twice"},
		"slice as sender":          {func() { signals.From([]int{1}) }, "[]int cannot be compared"},
		"struct with a map inside": {func() { signals.From(struct{ m map[int]int }{}) }, "cannot be compared"},
		"slice in an interface":    {func() { signals.From([1]any{[]int{}}) }, "cannot be compared"},
		"disconnect of empty uid":  {func() { s.Disconnect("") }, "uid is empty"},
		"disconnect with two uids": {func() { s.Disconnect("a", signals.UID("b")) }, "UID is given twice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			value := mustPanic(t, tt.f)
			if text, _ := value.(string); !strings.HasPrefix(text, "signals: ") || !strings.Contains(text, tt.want) {
				t.Errorf("panic value %q; want it to begin with the package and to contain %q", value, tt.want)
			}
		})
	}
	if s.HasListeners(nil) {
		t.Error("a failed Connect left a connection")
	}
}

// A receiver connected with Last comes after all others, whenever they connect.
func TestLastIsToldAfterAllOthersWheneverTheyConnect(t *testing.T) {
	var s signals.Signal[int]
	var told []string
	note := func(name string) signals.Receiver[int] {
		return func(context.Context, any, int) error { told = append(told, name); return nil }
	}
	s.Connect(note("a"))
	s.Connect(note("last"), signals.Last(), signals.UID("close"))
	s.Connect(note("b"))
	s.Connect(note("later last"), signals.Last())
	s.Connect(note("c"))
	s.Send(t.Context(), nil, 0)
	if want := "a b c last later last"; strings.Join(told, " ") != want {
		t.Errorf("told in the order %q", told)
	}
	if !s.Disconnect("close") {
		t.Error("it cannot be disconnected by its uid")
	}
}
