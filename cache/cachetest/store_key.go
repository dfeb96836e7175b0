package cachetest

import (
	"fmt"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

var keyCases = []storeCase{{
	name: "key/any-bytes",
	rule: "A key is opaque, never empty, and may hold any byte, NUL and invalid UTF-8 included.",
	run: func(p *probe) {
		keys, _ := p.sortKeys(awkwardKeys())
		for i, k := range keys {
			p.set(k, fmt.Sprint(i), driver.Never)
		}
		for i, k := range keys {
			p.holds(k, fmt.Sprint(i))
		}
		for i, k := range keys {
			p.deletes(k, true)
			p.absent(k)
			if i+1 < len(keys) {
				p.holds(keys[i+1], fmt.Sprint(i+1))
			}
		}
	},
}, {
	name:  "key/checked-key-is-invalid",
	rule:  "CheckKey returns an error that matches ErrInvalidKey if the store cannot hold key.",
	needs: KeyChecker,
	run: func(p *probe) {
		_, refused := p.sortKeys(awkwardKeys())
		if len(refused) == 0 {
			p.Error("KeyChecker is declared, but CheckKey accepts every key of the suite")
		}
		for _, k := range refused {
			p.matches("CheckKey("+brief(k)+")", ability[driver.KeyChecker](p).CheckKey([]byte(k)), driver.ErrInvalidKey)
		}
	},
}, {
	name:  "key/invalid-is-refused-by-every-operation",
	rule:  "The core calls CheckKey before every operation; the store checks again.",
	needs: KeyChecker,
	run: func(p *probe) {
		_, refused := p.sortKeys(awkwardKeys())
		p.eachOperation(func(op operation) {
			if op.keyless {
				return
			}
			for _, k := range refused {
				err := op.call(p.Context(), p.store, arguments{[]byte(k), []byte("v"), driver.Never})
				p.matches(op.name+"("+brief(k)+")", err, driver.ErrInvalidKey)
			}
		})
	},
}}

// sortKeys divides keys into those that the store can hold and those that its
// CheckKey refuses.
func (p *probe) sortKeys(keys []string) (accepted, refused []string) {
	checker, ok := p.store.(driver.KeyChecker)
	if !ok {
		return keys, nil
	}
	for _, k := range keys {
		if checker.CheckKey([]byte(k)) == nil {
			accepted = append(accepted, k)
		} else {
			refused = append(refused, k)
		}
	}
	return accepted, refused
}

// awkwardKeys returns keys that differ from each other in what some backend
// may not tell apart, or that mean something to some backend.
func awkwardKeys() []string {
	keys := []string{
		"key", "Key", "KEY", "key ", " key", "key\x00", "key\x00key", "\x00key", "k\xc3\xa9y", "ke\xcc\x81y",
		"\xff\xfe", "\xff", "\xc3", "\xed\xa0\x80", "a\tb", "a\nb", "a\r\nb", "a b", "a+b", "a%20b", "a%b", "a_b",
		"*", "**", "?", "[a]", "[^a]", "a*", "a?", `\*`, `\`, `\\`, `a\`, `"`, "'", "''", "--", ";", "$1", "{a}", "{b}",
		"..", "../up", "/", "//", "/absolute", "a/b", "a//b", "a/./b", "a/", "CON", "aux.txt", "a:b", ":", "::", ":1:", "~", "-", "--help",
		strings.Repeat("k", 250), strings.Repeat("k", 251), strings.Repeat("k", 1024), noise(8 << 10),
	}
	known := make(map[string]bool, len(keys))
	for _, k := range keys {
		known[k] = true
	}
	for b := range 256 {
		if k := string([]byte{byte(b)}); !known[k] {
			keys = append(keys, k)
		}
	}
	return keys
}
