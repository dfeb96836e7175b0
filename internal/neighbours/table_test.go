package neighbours

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// neighbour is a row of the table: middleware that stands beside a cached page.
type neighbour struct {
	name string

	// One of these makes it, in a bubble. What is for net/http is used in every
	// framework, as its users do.
	http  func(*testing.T) wrapper
	gin   func(*testing.T) middlewares
	echo4 func(*testing.T) middlewares
	echo5 func(*testing.T) middlewares

	// fields are what each user's browser sends with every request.
	fields func(user string) http.Header

	// token is what the page takes from the neighbour for its user, such as a
	// CSRF token. If it is nil, the page is for everybody.
	token func(visit) string

	// ends is what the handler does with the neighbour when it has written the
	// page, such as saving the session.
	ends func(visit)

	// detached says that it runs what is inside in another goroutine, and does not
	// always wait for it. gin and echo use a Context again then, so the only safe
	// place is around them.
	detached bool

	// inside and outside are what becomes of the page.
	inside, outside expectation
}

// expectation is what becomes of a page beside a neighbour.
type expectation struct {
	fate fate

	// fates are those of the situations in which it is another one.
	fates map[string]fate

	// runs are the situations in which the handler runs another number of times
	// than their column says, because of what the neighbour does itself. A framework
	// and a slash may come before.
	runs map[string]int32

	// spare is how many runs more there may be: of two responses that are made at once,
	// one with Vary and one without, the newer one replaces the other, whichever it is
	// (RFC 9111, 4), and the one that was replaced is made again.
	spare int32

	// differs are fields that are not as in the application without larder, with
	// the reason, beside those of every cell. "token" is the token in the page,
	// "early" what comes of a page before it is complete, "log" the server's log.
	// A situation and a slash may come before.
	differs map[string]string
}

// fate is what becomes of a page.
type fate string

const (
	shared     fate = "shared"      // stored once, for everybody
	perUser    fate = "per user"    // stored for each value of a field that Ada and Bob differ in
	perSession fate = "per session" // stored for each cookie, since it says Vary: Cookie
	private    fate = "private"     // not stored, since the response is for one client
	bypass     fate = "bypass"      // not stored, since that is known before the handler runs
	absent     fate = "absent"      // the neighbour does not stand there
)

// withoutLarder is the mode of the application that answers are compared with.
const withoutLarder mode = ""

var table = [][]neighbour{plain, sessionRows, compressionRows, securityRows, corsRows, timeoutRows, observerRows, staticRows, requestIDRows}

// plain is no neighbour at all.
var plain = []neighbour{{
	name:    "none",
	http:    func(*testing.T) wrapper { return func(next http.Handler) http.Handler { return next } },
	inside:  expectation{fate: shared},
	outside: expectation{fate: shared},
}}

func TestNeighbours(t *testing.T) {
	for _, rows := range table {
		for _, n := range rows {
			t.Run(n.name, n.test)
		}
	}
}

// test tests a row in every framework and place.
func (n neighbour) test(t *testing.T) {
	for _, f := range frameworks {
		for _, p := range []place{inside, outside, around} {
			if n.detached && p != around && f.hasContext {
				continue
			}
			if f.supports(n, p) && n.expected(p).fate != absent {
				t.Run(fmt.Sprintf("%s/%s", f.name, p), func(t *testing.T) {
					t.Parallel()
					n.testPlace(t, f, p)
				})
			}
		}
	}
}

// testPlace tests every column, with each kind of cache.
func (n neighbour) testPlace(t *testing.T, f framework, p place) {
	for _, column := range situations {
		if slices.Contains(column.without, f.name) {
			continue
		}
		reference := sync.OnceValue(func() (s *stage) {
			synctest.Test(t, func(t *testing.T) { s = play(t, f, n, p, withoutLarder, column) })
			return s
		})
		for _, m := range []mode{cachePage, site} {
			t.Run(column.name+"/"+string(m), func(t *testing.T) {
				alone := reference()
				try := func() (faults []string) {
					synctest.Test(t, func(t *testing.T) {
						faults = compare(alone, play(t, f, n, p, m, column), n.expected(p))
					})
					return faults
				}
				faults := try()
				expected := n.expected(p)
				if fate := expected.in(column); len(faults) > 0 && (fate == perUser || fate == perSession) {
					// Once in 4096 times two variants have one place, and push each other out.
					faults = try()
				}
				for _, fault := range faults {
					t.Error(fault)
				}
			})
		}
	}
}

// expected is what becomes of the page if the neighbour stands at p.
func (n *neighbour) expected(p place) expectation {
	if p == inside {
		return n.inside
	}
	return n.outside
}

// make makes the neighbour for one application.
func (n *neighbour) make(t *testing.T) middlewares {
	switch {
	case n.http != nil:
		return middlewares{http: n.http(t)}
	case n.gin != nil:
		return n.gin(t)
	case n.echo4 != nil:
		return n.echo4(t)
	}
	return n.echo5(t)
}

func (n *neighbour) fieldsOf(user string) http.Header {
	if n.fields == nil {
		return nil
	}
	return n.fields(user)
}

// taken is the part of a page that it has from the neighbour.
func (n *neighbour) taken(v visit) string {
	if n.token == nil {
		return ""
	}
	return tokenLine(n.token(v))
}

// end ends a run of the handler.
func (n *neighbour) end(v visit) {
	if n.ends != nil {
		n.ends(v)
	}
}

// in is what becomes of the page in a situation.
func (e *expectation) in(column situation) fate { return cmp.Or(e.fates[column.name], e.fate) }

// differing are the fields that may differ in a situation.
func (e *expectation) differing(column situation) map[string]string {
	all := maps.Clone(e.differs)
	for name, why := range e.differs {
		if field, ok := strings.CutPrefix(name, column.name+"/"); ok {
			all[field] = why
		}
	}
	return all
}

// want is how often the handler may run in a situation.
func (e *expectation) want(framework string, column situation) int32 {
	for _, name := range []string{framework + "/" + column.name, column.name} {
		if n, ok := e.runs[name]; ok {
			return n
		}
	}
	switch e.in(column) {
	case shared:
		return column.runs.shared
	case perUser:
		return column.runs.perUser
	case perSession:
		return column.runs.perSession
	}
	return column.runs.never
}
