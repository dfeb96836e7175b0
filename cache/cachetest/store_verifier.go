package cachetest

import "github.com/larder-go/larder/cache/driver"

var verifierCases = []storeCase{{
	name: "verifier/answer-never-changes",
	rule: "VerifiesValues reports whether the store verifies every value that it returns whole. The answer never changes.",
	run: func(p *probe) {
		verifier := ability[driver.Verifier](p)
		first := verifier.VerifiesValues()
		p.eachOperation(func(op operation) {
			_ = op.call(p.Context(), p.store, arguments{[]byte(presentKey), []byte("v"), driver.Never})
			if verifier.VerifiesValues() != first {
				p.Errorf("VerifiesValues changed its answer after %s", op.name)
			}
		})
	},
}, {
	name:  "verifier/finds-damage",
	rule:  "A Verifier has a checksum of its own, and damage is ErrCorrupt.",
	needs: damaging,
	run: func(p *probe) {
		if !ability[driver.Verifier](p).VerifiesValues() {
			p.Log("not applicable: the store leaves it to the core")
			return
		}
		p.setDamaged(key)
		p.isCorrupt(key)
	},
}}
