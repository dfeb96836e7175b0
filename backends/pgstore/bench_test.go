package pgstore_test

import (
	"fmt"
	"testing"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
)

// BenchmarkGet compares Get with the same query on the raw pool.
func BenchmarkGet(b *testing.B) {
	for _, size := range []int{256, 16 << 10} {
		pool := database(b)
		opts := newTable(b, pgstore.Options{})
		s := open(b, opts)
		set(b, s, "shop:1:k", string(make([]byte, size)), driver.Never)
		key := []byte("shop:1:k")
		sql := "SELECT value FROM " + identifier(opts) + " WHERE key = $1 AND expires > clock_timestamp()"
		b.Run(fmt.Sprintf("%dB/raw", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var value []byte
				if err := pool.QueryRow(b.Context(), sql, key).Scan(&value); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%dB/store", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Get(b.Context(), key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkGet100 compares one GetMany with as many calls of Get.
func BenchmarkGet100(b *testing.B) {
	s := open(b, newTable(b, pgstore.Options{}))
	keys := make([][]byte, 100)
	for i := range keys {
		keys[i] = fmt.Append(nil, "shop:1:", i)
		set(b, s, string(keys[i]), string(make([]byte, 256)), driver.Never)
	}
	b.Run("GetMany", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.GetMany(b.Context(), keys); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Get", func(b *testing.B) {
		for b.Loop() {
			for _, key := range keys {
				if _, err := s.Get(b.Context(), key); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
