package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// A request that comes after a purge in one process does not get the response of a run that began
// before it in another process on the same store.
func TestAPurgeInAnotherProcessReachesRequestsThatWouldJoinARun(t *testing.T) {
	for how, begin := range map[string]func(http.ResponseWriter){
		"flushed":  flush,
		"streamed": func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 5000)) },
		"held":     func(http.ResponseWriter) {},
	} {
		for _, stored := range []bool{false, true} { // before, and stale by now
			t.Run(fmt.Sprint(how, ", stored before: ", stored), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := cache.Config{Backend: "file", Location: t.TempDir()}
					other, here := newCaches(t, store), newCaches(t, store)
					goOn := make(chan struct{})
					h := new(handler)
					h.serve = func(w http.ResponseWriter, _ *http.Request) {
						run := h.runs.Load()
						addFields(w.Header(), []string{"Cache-Control: max-age=10", "X-Run: " + fmt.Sprint(run)})
						if run == 1 && stored {
							return
						}
						begin(w)
						<-goOn
						_, _ = io.WriteString(w, "page")
					}
					p := within(here, middleware.Shared()(h))
					before := int32(0)
					if stored {
						before = 1
						ask(p, "/page")
						time.Sleep(15 * time.Second)
					}
					waiting := startMany(t, p, 2)
					purge(t, other, "http://example.com/page")
					after := startMany(t, p, 5)
					close(goOn)
					old, fresh := fmt.Sprint(before+1), fmt.Sprint(before+2)
					for _, c := range waiting {
						if run := c.wait().header.Get("X-Run"); run != old && how != "held" {
							t.Errorf("before the purge: the answer is of run %s, want %s", run, old)
						}
					}
					for _, c := range after {
						if a := c.wait(); a.header.Get("X-Run") != fresh {
							t.Errorf("after the purge: the answer is of run %s, want %s: %s", a.header.Get("X-Run"), fresh, a.cacheStatus())
						}
					}
					h.wantRuns(t, before+2)
					if a := ask(p, "/page"); a.header.Get("X-Run") != fresh || !a.isHit() {
						t.Errorf("then run %s: %s", a.header.Get("X-Run"), a.cacheStatus())
					}
				})
			})
		}
	}
}
