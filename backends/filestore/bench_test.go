package filestore_test

import (
	"fmt"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

func BenchmarkGet(b *testing.B) {
	for _, size := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			s := open(b, b.TempDir(), filestore.Options{})
			set(b, s, "k", string(make([]byte, size)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Get(b.Context(), []byte("k")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	value := make([]byte, 1000)
	for name, keys := range map[string]int{"overwrite": 1, "full": 100_000} {
		b.Run(name, func(b *testing.B) {
			s := open(b, b.TempDir(), filestore.Options{MaxEntries: 1000})
			for i := range min(keys, 1200) {
				set(b, s, fmt.Sprint(-i), "v")
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := s.Set(b.Context(), fmt.Append(nil, i%keys), value, driver.Never); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
