package pages_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// A rival that is measured while it refreshes its page, or serves another,
// would be measured at another job.
func TestARivalServesThePageAndMakesItOnce(t *testing.T) {
	for _, r := range pages.All() {
		t.Run(r.Name, func(t *testing.T) {
			p := &pages.Page{Body: bytes.Repeat([]byte("p"), 1<<10), TTL: time.Hour}
			addr, stop, err := r.Serve(t.Context(), p)
			if errors.Is(err, launch.ErrNotInstalled) && os.Getenv("CI") != "true" {
				t.Logf("not measured on this machine: %v", err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			client, err := loopback.Dial(addr, pages.Path)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			const requests = 10
			for range requests {
				got, err := client.Do()
				if err != nil {
					t.Fatal(err)
				}
				if got.Status != http.StatusOK || got.Length != len(p.Body) {
					t.Fatalf("it answered %+v", got)
				}
			}
			want := int64(1)
			if r.Name == pages.Plain.Name {
				want = requests
			}
			if p.Runs() != want {
				t.Errorf("the page was made %d times, want %d", p.Runs(), want)
			}
		})
	}
}

// A rival that took all paths for one page, or held all pages, would answer a mixed load with
// more hits than the others can have.
func TestARivalInThisProcessHasRoomForSoManyPages(t *testing.T) {
	const room, asked = 20, 200
	for _, r := range []pages.Rival{pages.Larder, pages.Fiber, pages.GinCache} {
		t.Run(r.Name, func(t *testing.T) {
			p := &pages.Page{Body: bytes.Repeat([]byte("p"), 1<<10), TTL: time.Hour, Room: room}
			addr, stop, err := r.Serve(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			client, err := loopback.Dial(addr, pages.Path)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			runsOfARound := func() int64 {
				before := p.Runs()
				for i := range asked {
					got, err := client.Get(pages.Path + "/" + strconv.Itoa(i))
					if err != nil || got.Status != http.StatusOK || got.Length != len(p.Body) {
						t.Fatalf("it answered %+v, %v", got, err)
					}
				}
				return p.Runs() - before
			}
			if runs := runsOfARound(); runs != asked {
				t.Errorf("%d pages were made %d times", asked, runs)
			}
			// Evicted pages are gone a little later in some caches.
			if runs := runsOfARound(); runs < asked-2*room {
				t.Errorf("with room for %d, %d of %d pages were made again", room, runs, asked)
			}
		})
	}
}
