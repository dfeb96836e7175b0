package cachetest

import (
	"errors"
	"fmt"

	"github.com/larder-go/larder/cache/driver"
)

var sessionCases = []storeCase{{
	name: "session/reads-the-store",
	rule: "OpenSession returns a store for the use of one request.",
	run: func(p *probe) {
		p.set(key, "value", driver.Never)
		session := p.openSession()
		session.holds(key, "value")
		session.absent(other)
		session.shutdown()
	},
}, {
	name: "session/reads-its-own-writes",
	rule: "OpenSession returns a store for the use of one request.",
	run: func(p *probe) {
		p.set(key, "old", driver.Never)
		session := p.openSession()
		session.set(key, "new", driver.Never)
		session.holds(key, "new")
		session.adds(other, "added", driver.Never, true)
		session.adds(other, "again", driver.Never, false)
		session.deletes(key, true)
		session.absent(key)
		session.shutdown()
	},
}, {
	name: "session/writes-last-beyond-it",
	rule: "Sessions is implemented by a store that gives each request something of its own: buffered writes.",
	run: func(p *probe) {
		p.set(other, "old", driver.Never)
		session := p.openSession()
		session.set(key, "value", driver.Never)
		session.deletes(other, true)
		session.shutdown()
		p.holds(key, "value")
		p.absent(other)
	},
}, {
	name: "session/shutdown-ends-the-session",
	rule: "Its Shutdown ends the session: after Shutdown every method returns ErrClosed.",
	run: func(p *probe) {
		session := p.openSession()
		session.shutdown()
		session.shutdown()
		_, err := session.store.Get(p.Context(), []byte(key))
		p.matches("Get of a session after its Shutdown", err, driver.ErrClosed)
		err = session.store.Set(p.Context(), []byte(key), []byte("value"), driver.Never)
		p.matches("Set of a session after its Shutdown", err, driver.ErrClosed)
		p.absent(key)
	},
}, {
	name: "session/shutdown-leaves-the-store",
	rule: "That ends the session and never the store it came from.",
	run: func(p *probe) {
		first, second := p.openSession(), p.openSession()
		first.shutdown()
		p.set(key, "value", driver.Never)
		p.holds(key, "value")
		second.holds(key, "value")
		second.shutdown()
		p.holds(key, "value")
	},
}, {
	name: "session/many-at-once",
	rule: "Every method may be called from many goroutines at once.",
	run: func(p *probe) {
		p.together(16, func(i int) error {
			session, err := ability[driver.Sessions](p).OpenSession(p.Context())
			if err != nil {
				return fmt.Errorf("calling OpenSession: %w", err)
			}
			k := fmt.Appendf(nil, "shop:1:%d", i)
			return errors.Join(
				session.Set(p.Context(), k, []byte("value"), driver.Never),
				session.Shutdown(p.Context()))
		})
		for i := range 16 {
			p.holds(fmt.Sprintf("shop:1:%d", i), "value")
		}
	},
}}

// openSession returns a probe of a session, which the case shuts down.
func (p *probe) openSession() *probe {
	p.Helper()
	session, err := ability[driver.Sessions](p).OpenSession(p.Context())
	if err != nil {
		p.Fatalf("OpenSession: %v", err)
	}
	return p.over(session)
}
