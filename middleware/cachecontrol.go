package middleware

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// Directive is one directive of Cache-Control in a response, as it is written:
// one of the constants, what one of the functions returns, or an extension such
// as Directive("community=UCI").
type Directive string

// The directives without an argument (RFC 9111, section 5.2.2; Immutable is of
// RFC 8246). Private and NoCache are about the whole response, see
// [PrivateFields] and [NoCacheFields].
const (
	Public          Directive = "public"
	Private         Directive = "private"
	NoCache         Directive = "no-cache"
	NoStore         Directive = "no-store"
	NoTransform     Directive = "no-transform"
	MustRevalidate  Directive = "must-revalidate"
	ProxyRevalidate Directive = "proxy-revalidate"
	MustUnderstand  Directive = "must-understand"
	Immutable       Directive = "immutable"
)

// MaxAge is for how long the response is fresh, in whole seconds; the rest is
// cut off. A negative d panics.
func MaxAge(d time.Duration) Directive { return lifetime("max-age", d) }

// SMaxAge is MaxAge for shared caches, which it allows to keep responses to
// requests with Authorization (RFC 9111, section 3.5).
func SMaxAge(d time.Duration) Directive { return lifetime("s-maxage", d) }

// StaleWhileRevalidate is for how long a response that is not fresh any more may
// be served while it is being renewed (RFC 5861, section 3), in whole seconds. A
// negative d panics.
func StaleWhileRevalidate(d time.Duration) Directive { return lifetime("stale-while-revalidate", d) }

// StaleIfError is for how long a response that is not fresh any more may be
// served instead of an error (RFC 5861, section 4), in whole seconds. A negative
// d panics.
func StaleIfError(d time.Duration) Directive { return lifetime("stale-if-error", d) }

// PrivateFields says that these response fields are for one user: a shared
// cache may keep the rest. It panics if there is no name, or one is not the name of a
// field.
func PrivateFields(names ...string) Directive { return qualified("private", names) }

// NoCacheFields says that these response fields must not be served from a cache
// without asking: it may keep the rest. It panics if there is no name, or one is not the
// name of a field.
func NoCacheFields(names ...string) Directive { return qualified("no-cache", names) }

func lifetime(name string, d time.Duration) Directive {
	if d < 0 {
		panic(fmt.Sprintf("middleware: %s of %v: a lifetime is not negative", name, d))
	}
	seconds := min(int64(d/time.Second), math.MaxInt32) // what every recipient can read
	return Directive(name + "=" + strconv.FormatInt(seconds, 10))
}

func qualified(name string, fields []string) Directive {
	d := Directive(name + `="` + strings.Join(fields, ", ") + `"`)
	if _, ok := rfc9111.DirectiveName(string(d)); !ok {
		panic(fmt.Sprintf("middleware: %s for %q: these are not names of fields", name, fields))
	}
	return d
}

// CacheControl returns middleware that adds these directives to the
// Cache-Control field of a response. Where the handler says otherwise, the
// stricter counts: the smaller of two lifetimes, private over public, and a
// directive about the whole response over one that names fields; the names of
// fields add up.
//
// A response with status 400 or more, and the response after a panic, gets only
// private, no-cache, no-store and no-transform: for how long an error may be kept is
// for the handler to say. A [CachePage] inside sees these four; the first three make
// requests bypass it. It sends max-age=0 if the handler sends no lifetime, see
// [BrowserTTL]: middleware with a MaxAge belongs inside of it.
//
// The function panics if a directive is malformed or given twice, and if two
// contradict each other: public with private or, without must-understand,
// no-store; private with s-maxage; must-revalidate with StaleWhileRevalidate or
// StaleIfError. For one response of a handler there is [PatchCacheControl].
func CacheControl(directives ...Directive) func(http.Handler) http.Handler {
	if err := checkDirectives(directives); err != nil {
		panic("middleware: CacheControl: " + err.Error())
	}
	all := joinDirectives(directives)
	strict := joinDirectives(slices.DeleteFunc(slices.Clone(directives), func(d Directive) bool { return !restricts(d) }))
	return respwriter.Patching(func(w *respwriter.Writer, status int) {
		add := all
		if status == 0 || status >= http.StatusBadRequest {
			add = strict
		}
		switch lines := w.Header()["Cache-Control"]; {
		case add == "" || len(lines) == 1 && lines[0] == add:
		case len(lines) == 0, len(lines) == 1 && lines[0] == strict:
			w.Set("Cache-Control", add)
		default:
			w.Set("Cache-Control", rfc9111.MergeDirectives(lines, []string{add}))
		}
	})
}

func joinDirectives(directives []Directive) string {
	texts := make([]string, len(directives))
	for i, d := range directives {
		texts[i] = string(d)
	}
	return strings.Join(texts, ", ")
}

// restricts reports whether a directive only takes permissions away. The
// ones about revalidation do not: must-revalidate lets a shared cache keep
// responses to requests with Authorization (RFC 9111, section 3.5).
func restricts(d Directive) bool {
	switch name, _ := rfc9111.DirectiveName(string(d)); Directive(name) {
	case Private, NoCache, NoStore, NoTransform:
		return true
	}
	return false
}

// contradictions are pairs of directives of which one makes the other
// meaningless.
var contradictions = [][2]string{
	{"public", "private"},
	{"public", "no-store"},
	{"private", "s-maxage"},
	{"must-revalidate", "stale-while-revalidate"},
	{"must-revalidate", "stale-if-error"},
}

func checkDirectives(directives []Directive) error {
	var given []string // names
	var whole []string // of those that are not about single fields
	for _, d := range directives {
		name, ok := rfc9111.DirectiveName(string(d))
		switch {
		case !ok:
			return fmt.Errorf("%q is not a directive", d)
		case slices.Contains(given, name):
			return fmt.Errorf("%s is given twice", name)
		}
		given = append(given, name)
		if name == "private" && strings.Contains(string(d), "=") {
			continue // private="a" says nothing of the rest
		}
		whole = append(whole, name)
	}
	for _, pair := range contradictions {
		understands := pair[1] == "no-store" && slices.Contains(given, "must-understand")
		if !understands && slices.Contains(whole, pair[0]) && slices.Contains(whole, pair[1]) {
			return fmt.Errorf("%s and %s contradict each other", pair[0], pair[1])
		}
	}
	return nil
}
