package cachetest

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/larder-go/larder/cache/driver"
)

var valueCases = []storeCase{{
	name: "value/zero-length",
	rule: "A value of zero length is returned as an empty or nil slice with a nil error.",
	run: func(p *probe) {
		for i, value := range [][]byte{{}, nil} {
			k := fmt.Sprintf("shop:1:%d", i)
			if err := p.store.Set(p.Context(), []byte(k), value, driver.Never); err != nil {
				p.Fatalf("Set with a value of zero length: %v", err)
			}
			p.holds(k, "")
			p.adds(k, "other", driver.Never, false)
			p.deletes(k, true)
		}
	},
}, {
	name: "value/any-bytes",
	rule: "A value is opaque bytes.",
	run: func(p *probe) {
		values := []string{
			"\x00", "a\x00b", "\xff\xfe invalid UTF-8", " leading and trailing ", "line\r\nEND\r\n",
			"null", "nil", "0", "-1", "007", "1.5", "{}", `"quoted"`, `\x00`, "'; --",
		}
		for b := range 256 {
			values = append(values, string([]byte{byte(b)}))
		}
		for i, value := range values {
			p.set("shop:1:"+strconv.Itoa(i), value, driver.Never)
		}
		for i, value := range values {
			p.holds("shop:1:"+strconv.Itoa(i), value)
		}
	},
}, {
	name: "value/any-length",
	rule: "A value is opaque bytes of any length.",
	run: func(p *probe) {
		for _, size := range []int{1, driver.HeadSize - 1, driver.HeadSize, driver.HeadSize + 1, 4096, 64 << 10, 256<<10 + 1} {
			value := noise(p.h.within(size))
			p.set(key, value, driver.Never)
			p.holds(key, value)
		}
	},
}}

// noise returns size bytes that do not compress, the same in each run.
func noise(size int) string {
	var seed [32]byte
	bytes := make([]byte, size)
	_, _ = rand.NewChaCha8(seed).Read(bytes) // never fails
	return string(bytes)
}
