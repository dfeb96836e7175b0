package signals_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/larder-go/larder/signals"
)

// modelConnection is what a model of a signal, a plain list, remembers.
type modelConnection struct {
	name, uid string
	filter    filter
}

// filter is a choice of From: absent, or given with sender.
type filter struct {
	present bool
	sender  any
}

func (f filter) options() []signals.ConnectOption {
	if !f.present {
		return nil
	}
	return []signals.ConnectOption{signals.From(f.sender)}
}

func (f filter) accepts(sender any) bool { return !f.present || f.sender == sender }

var (
	senders = rapid.SampledFrom([]any{nil, "alice", "bob"})
	uids    = rapid.SampledFrom([]string{"", "u", "v"})
	filters = rapid.Custom(func(t *rapid.T) filter {
		if !rapid.Bool().Draw(t, "filtered") {
			return filter{}
		}
		return filter{present: true, sender: senders.Draw(t, "from")}
	})
)

// A signal behaves as a list of receivers in the order of connections. Random operations are
// applied to a signal and to a list.
func TestSignalBehavesAsAListInConnectionOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s signals.Signal[string]
		var ran trace
		var model []modelConnection
		disconnects := make(map[string]func())

		t.Repeat(map[string]func(*rapid.T){
			"connect": func(t *rapid.T) {
				c := modelConnection{
					name:   fmt.Sprint(len(disconnects)),
					uid:    uids.Draw(t, "uid"),
					filter: filters.Draw(t, "filter"),
				}
				opts := c.filter.options()
				if c.uid != "" {
					opts = append(opts, signals.UID(c.uid))
				}
				disconnects[c.name] = s.Connect(ran.receiver(c.name, nil), opts...)
				taken := slices.ContainsFunc(model, func(o modelConnection) bool {
					return c.uid != "" && o.uid == c.uid && o.filter == c.filter
				})
				if !taken {
					model = append(model, c)
				}
			},
			"call a disconnect function": func(t *rapid.T) {
				if len(disconnects) == 0 {
					t.Skip("nothing was connected yet")
				}
				name := fmt.Sprint(rapid.IntRange(0, len(disconnects)-1).Draw(t, "name"))
				disconnects[name]()
				model = slices.DeleteFunc(model, func(c modelConnection) bool { return c.name == name })
			},
			"disconnect a uid": func(t *rapid.T) {
				uid, f := uids.Filter(func(s string) bool { return s != "" }).Draw(t, "uid"), filters.Draw(t, "filter")
				before := len(model)
				model = slices.DeleteFunc(model, func(c modelConnection) bool { return c.uid == uid && c.filter == f })
				if got, want := s.Disconnect(uid, f.options()...), len(model) < before; got != want {
					t.Fatalf("Disconnect = %v; want %v", got, want)
				}
			},
			"": func(t *rapid.T) {
				for _, sender := range []any{nil, "alice", "bob"} {
					var want []string
					for _, c := range model {
						if c.filter.accepts(sender) {
							want = append(want, c.name)
						}
					}
					s.SendRobust(t.Context(), sender, "e")
					if diff := cmp.Diff(want, ran.take()); diff != "" {
						t.Fatalf("sender %v: %s", sender, diff)
					}
					if got := s.HasListeners(sender); got != (len(want) > 0) {
						t.Fatalf("HasListeners(%v) = %v with receivers %v", sender, got, want)
					}
				}
			},
		})
	})
}
