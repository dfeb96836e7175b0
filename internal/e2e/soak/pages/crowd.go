package pages

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	size    = 12 // of a crowd
	leavers = 3  // of them, at most, who do not wait
)

// pagesOnce numbers the pages that are there for one visit.
var pagesOnce atomic.Int64

// once returns a slow page that nobody has asked for yet, and which is forgotten
// when end is called.
func (v *visitor) once() (path string, runs *atomic.Int64, end func()) {
	path = fmt.Sprintf("/%s/%s/once-%d", v.alias, slow.name, pagesOnce.Add(1))
	return path, &v.site.truth.page(path).runs, func() { v.site.truth.forget(path) }
}

// mostRuns is how often a page is made for a crowd while all is well: once, and
// again if a bounded store had dropped it before the last came. Each who
// leaves may have been alone, where the others are late, and ends another run.
const mostRuns = 2

// crowd has many ask at the same time for a page that is slow and not there. Some
// leave, the first among them.
func (v *visitor) crowd() {
	path, runs, end := v.once()
	defer end()
	began, leaving := time.Now(), rand.IntN(leavers+1)
	var asking sync.WaitGroup
	for i := range size {
		asking.Go(func() {
			if i < leaving {
				v.waitABit(path)
				return
			}
			v.checked(v.ask(v.ctx, &slow, path), http.StatusOK)
		})
	}
	asking.Wait()
	if n := runs.Load(); n > mostRuns+int64(leaving) && v.health.Sound(began) && v.ctx.Err() == nil {
		v.mistake(fmt.Errorf("%s was made %d times for a crowd of %d, of whom %d left", path, n, size, leaving))
	}
	v.observe(fmt.Sprintf("GET, crowd of %d", size), began)
}

// waitABit asks for a page and leaves before it can be there.
func (v *visitor) waitABit(path string) {
	ctx, cancel := context.WithTimeout(v.ctx, while/2)
	defer cancel()
	_, _ = v.get(v.ask(ctx, &slow, path), http.StatusOK) // the context has ended, as a rule
}
