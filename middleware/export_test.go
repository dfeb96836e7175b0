package middleware

import "github.com/larder-go/larder/internal/pagecache/page"

// SetGenerations has f make the random part of the keys of variants until restore is
// called.
func SetGenerations(f func() string) (restore func()) {
	before := page.NewGeneration
	page.NewGeneration = f
	return func() { page.NewGeneration = before }
}
