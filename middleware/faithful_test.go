package middleware_test

import (
	"flag"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/faithful"
	"github.com/larder-go/larder/internal/race"
	"github.com/larder-go/larder/middleware"
)

var seeds = flag.Uint64("seeds", 40, "how many random sequences TestAnswersAreThoseOfTheHandlerAlone makes for each cache")

// sequences is how many sequences there are: with the race detector, which does not look for
// wrong answers, a tenth.
func sequences() uint64 {
	if race.Enabled {
		return max(1, *seeds/10)
	}
	return *seeds
}

// Each answer is what the handler alone would give, or what the documentation says of a stored
// page. The requests are random sequences of GET, HEAD, ranges and conditions of a page that is
// cold, fresh, stale, private or over MaxBody; the seed is the name of the test.
// RFC 9111, 4; RFC 9110, 13.2.2; RFC 9110, 14.2
func TestAnswersAreThoseOfTheHandlerAlone(t *testing.T) {
	for name, around := range map[string]func(...middleware.PageOption) func(http.Handler) http.Handler{
		"CachePage": func(o ...middleware.PageOption) func(http.Handler) http.Handler {
			return middleware.CachePage(time.Minute, o...)
		},
		"Site":   middleware.Site,
		"Shared": middleware.Shared,
	} {
		for option, opts := range map[string][]middleware.PageOption{"": nil, " with Grace": {middleware.Grace(30 * time.Second)}} {
			for seed := range sequences() {
				t.Run(fmt.Sprintf("%s%s, seed %d", name, option, seed), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						page := faithful.NewPage(seed)
						p := within(inMemory(t), around(append(opts, middleware.MaxBody(faithful.MaxBody))...)(page))
						err := page.Drive(faithful.Cache{
							Ask: func(method string, fields []string) faithful.Answer {
								a := send(p, request(method, "/page", fields...))
								synctest.Wait() // for what is done in the background
								if method == http.MethodHead {
									a.body = "" // as a server does
								}
								return faithful.Answer{Status: a.status, Header: a.header, Body: a.body}
							},
							Age:      func() { time.Sleep(25 * time.Second) },
							IsShared: name == "Shared",
						}, 40)
						if err != nil {
							t.Error(err)
						}
					})
				})
			}
		}
	}
}
