package adaptertest_test

import (
	"io"
	"log"
	"log/slog"
	"net/http"
	"slices"
	"testing"

	"go.uber.org/goleak"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
)

func TestMain(m *testing.M) {
	// Panics are what many cases are about.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	log.SetOutput(io.Discard)
	goleak.VerifyTestMain(m)
}

// The suite of all adapters passes with net/http.
func TestNetHTTP(t *testing.T) {
	adaptertest.Run(t, func(s adaptertest.Site) http.Handler {
		var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := s.Run(w, r); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
		for _, m := range slices.Backward(s.Inside) {
			h = m(h)
		}
		h = s.Policy.Handler(h)
		for _, m := range slices.Backward(s.Outside) {
			h = m(h)
		}
		mux := http.NewServeMux()
		mux.Handle("/", h)
		return middleware.Lifecycle(middleware.WithBus(s.Bus), middleware.WithCaches(s.Caches))(mux)
	})
}
