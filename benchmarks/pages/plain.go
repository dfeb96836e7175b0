package pages

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/larder-go/larder/benchmarks/loopback"
)

// Plain is the floor: the page as net/http serves it, made each time.
var Plain = Rival{Name: "no cache", Serve: func(_ context.Context, p *Page) (string, func(), error) {
	return loopback.Serve(at(p))
}}

// at serves h at Path and below.
func at(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, h)
	mux.Handle("GET "+Path+"/{page}", h)
	return mux
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
