package pages_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
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
