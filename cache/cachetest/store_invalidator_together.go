package cachetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var invalidationsAtOnceCases = []storeCase{{
	name: "invalidator/no-invalidation-is-lost",
	rule: "Invalidate adds one to the number of the count: of two counts, no two invalidations leave the same.",
	run: func(p *probe) {
		const goroutines, rounds = 8, 10
		p.makeCount()
		p.makeRecord(0, driver.Never)
		before := p.count()
		p.together(goroutines, func(int) error {
			for range rounds {
				if err := p.tryInvalidate(false, 0); err != nil {
					return err
				}
			}
			return nil
		})
		if after := p.count(); after.Number-before.Number < goroutines*rounds {
			p.Errorf("%d invalidations made the count %v of %v", goroutines*rounds, after, before)
		}
	},
}, {
	name: "invalidator/is-one-step",
	rule: "If InvalidatesAtOnce, Invalidate does all in one step, as readers and other invalidations see it.",
	run: func(p *probe) {
		if !p.invalidatesAtOnce() {
			p.Log("not applicable: the store invalidates in several steps")
			return
		}
		p = p.atPrimary()
		p.makeCount()
		p.invalidates()
		for i := range 3 {
			p.set(tagKey(i), tagRecord(firstVersion, p.count().String()), driver.Never)
		}
		p.invalidates(0, 1, 2)
		p.whileInvalidating([][]int{{0, 1}, {1, 2}}, func() error {
			if err := p.seesOneStep(1); err != nil {
				return err
			}
			return p.seesNoLaterRecord(0, 1, 2)
		})
		if got, want := p.parseCount(p.recordText(1)[2*driver.VersionSize:]), p.count(); got != want {
			p.Errorf("the record that every invalidation changed has the count %v, and the count is %v", got, want)
		}
	},
}, {
	name: "invalidator/old-record-is-of-an-older-count",
	rule: "Invalidate adds to the count after the last record is changed, if not at once: who reads the count and then a record of before has not read the last count.",
	run: func(p *probe) {
		p = p.atPrimary()
		p.eachInvalidation(func(before driver.Count) (func() error, func(after driver.Count, version string)) {
			seen := make(map[driver.Count]string) // by count, the record that was first read after it
			read := func() error {
				count, err := p.tryCount()
				if err != nil {
					return err
				}
				text, err := p.store.Get(p.Context(), []byte(tagKey(0)))
				if _, ok := seen[count]; !ok {
					seen[count] = string(text)
				}
				return err
			}
			return read, func(after driver.Count, version string) {
				if text, ok := seen[after]; ok && !strings.HasPrefix(text, version) {
					p.Errorf("the record of before was read after the last count, %v", after)
				}
			}
		})
	},
}, {
	name: "invalidator/new-record-is-of-a-later-count",
	rule: "Invalidate adds to the count before the first record is changed, if not at once: who reads a changed record finds a changed count.",
	run: func(p *probe) {
		p = p.atPrimary()
		p.eachInvalidation(func(before driver.Count) (func() error, func(after driver.Count, version string)) {
			seen := make(map[string]driver.Count) // by record, the count that was first read after it
			read := func() error {
				text, err := p.store.Get(p.Context(), []byte(tagKey(0)))
				if err != nil {
					return err
				}
				if _, ok := seen[string(text)]; !ok {
					seen[string(text)], err = p.tryCount()
				}
				return err
			}
			return read, func(_ driver.Count, version string) {
				for text, count := range seen {
					if strings.HasPrefix(text, version) && count == before {
						p.Errorf("the count of before, %v, was read after the new record", before)
					}
				}
			}
		})
	},
}, {
	name: "invalidator/record-made-meanwhile",
	rule: "Invalidate is one step, or the count is added to first, for whoever makes a record meanwhile: the record is changed, or its maker finds that the count has changed.",
	run: func(p *probe) {
		p = p.atPrimary()
		p.makeCount()
		p.meanwhile(func(i int) (do func() error, check func(version string)) {
			before := p.count()
			var found driver.Count
			do = func() error {
				_, _, err := p.store.Add(p.Context(), []byte(tagKey(i)), []byte(tagRecord(firstVersion, "")), driver.Never)
				if err != nil {
					return fmt.Errorf("calling Add: %w", err)
				}
				found, err = p.tryCount()
				return err
			}
			return do, func(version string) {
				if text := p.recordText(i); found == before && !strings.HasPrefix(text, version) {
					p.Errorf("the record is %s, and its maker found the count of before", brief(text))
				}
			}
		})
	},
}, {
	name: "invalidator/count-made-meanwhile",
	rule: "Invalidate is one step, or the count is added to last, for whoever makes the count meanwhile: who made it and then reads a record of before finds that it has changed.",
	run: func(p *probe) {
		p = p.atPrimary()
		p.meanwhile(func(i int) (do func() error, check func(version string)) {
			p.makeRecord(i, driver.Never)
			if _, _, err := p.store.Delete(p.Context(), []byte(countKey)); err != nil {
				p.Fatalf("Delete: %v", err)
			}
			made := p.tagCounts()[0]
			var found []byte
			do = func() error {
				_, _, err := p.store.Add(p.Context(), []byte(countKey), []byte(made.String()), driver.Never)
				if err != nil {
					return fmt.Errorf("calling Add: %w", err)
				}
				found, err = p.store.Get(p.Context(), []byte(tagKey(i)))
				return err
			}
			return do, func(version string) {
				if !strings.HasPrefix(string(found), version) && p.count() == made {
					p.Errorf("the record of before was read after the count, which is still as it was made: %v", made)
				}
			}
		})
	},
}, {
	name: "invalidator/soft-brings-nothing-back",
	rule: "What a record becomes follows from what it was just before, so that a soft invalidation does not bring back a version that another has changed.",
	run: func(p *probe) {
		p = p.atPrimary()
		p.makeCount()
		p.meanwhile(func(i int) (do func() error, check func(version string)) {
			p.makeRecord(i, driver.Never)
			do = func() error { return p.tryInvalidate(true, i) }
			return do, func(string) {
				if text := p.recordText(i); strings.HasPrefix(text, firstVersion) {
					p.Errorf("the record has the first version of before: %s", brief(text))
				}
			}
		})
	},
}}

// atPrimary returns a probe of the store whose reads are answered by the primary alone.
func (p *probe) atPrimary() *probe {
	p.Helper()
	replicated, ok := p.store.(driver.Replicated)
	if !ok {
		return p
	}
	primary, err := replicated.Primary()
	if err != nil {
		p.Fatalf("Primary: %v", err)
	}
	return p.over(primary)
}

// betweenReads is how long a reader steps back between two looks.
const betweenReads = 100 * time.Microsecond

// tryInvalidate is invalidate for a goroutine other than the case's.
func (p *probe) tryInvalidate(soft bool, records ...int) error {
	if err := p.store.(driver.Invalidator).Invalidate(p.Context(), invalidation(soft, records...)); err != nil {
		return fmt.Errorf("calling Invalidate: %w", err)
	}
	return nil
}

// tryCount is count for a goroutine other than the case's.
func (p *probe) tryCount() (driver.Count, error) {
	text, err := p.store.Get(p.Context(), []byte(countKey))
	if err != nil {
		return driver.Count{}, fmt.Errorf("calling Get of the count: %w", err)
	}
	count, ok := driver.ParseCount(string(text))
	if !ok {
		return driver.Count{}, fmt.Errorf("the count is %s", brief(string(text)))
	}
	return count, nil
}

// during calls read again and again while write runs, and fails the case with their errors.
func (p *probe) during(writers []func() error, read func() error) {
	p.Helper()
	var running atomic.Int64
	running.Store(int64(len(writers)))
	p.together(len(writers)+1, func(i int) error {
		if i < len(writers) {
			defer running.Add(-1)
			return writers[i]()
		}
		for running.Load() > 0 {
			if err := read(); err != nil {
				return err
			}
			time.Sleep(betweenReads)
		}
		return read()
	})
}

// whileInvalidating lets a goroutine for each group of records invalidate them again and
// again, while another reads.
func (p *probe) whileInvalidating(groups [][]int, read func() error) {
	p.Helper()
	const rounds = 30
	var writers []func() error
	for _, records := range groups {
		writers = append(writers, func() error {
			for i := range rounds {
				if err := p.tryInvalidate(i%2 == 1, records...); err != nil {
					return err
				}
				time.Sleep(rand.N(10 * betweenReads))
			}
			return nil
		})
	}
	p.during(writers, read)
}

// seesOneStep returns an error if a record that every invalidation changes has another
// count than the one that was read before and after it.
func (p *probe) seesOneStep(i int) error {
	before, err := p.tryCount()
	if err != nil {
		return err
	}
	text, err := p.store.Get(p.Context(), []byte(tagKey(i)))
	if err != nil {
		return fmt.Errorf("calling Get: %w", err)
	}
	after, err := p.tryCount()
	if err != nil {
		return err
	}
	if before == after && string(text[2*driver.VersionSize:]) != before.String() {
		return fmt.Errorf("the record is %s, and the count before and after it %v", brief(string(text)), before)
	}
	return nil
}

// seesNoLaterRecord returns an error if one of the records, which are fetched together and
// before the count, has a later count.
func (p *probe) seesNoLaterRecord(records ...int) error {
	many, ok := p.store.(driver.Many)
	if !ok {
		return nil
	}
	keys := append(invalidation(false, records...).Records, []byte(countKey))
	values, err := many.GetMany(p.Context(), keys)
	if err != nil {
		return fmt.Errorf("calling GetMany: %w", err)
	}
	count, _ := driver.ParseCount(string(values[len(records)]))
	for _, text := range values[:len(records)] {
		if of, ok := driver.ParseCount(string(text[2*driver.VersionSize:])); !ok || of.Number > count.Number {
			return fmt.Errorf("the record is %s, and the count fetched with it %v", brief(string(text)), count)
		}
	}
	return nil
}

// eachInvalidation invalidates record 0 a number of times, each time with a reader beside
// it, and then checks what the reader has seen. begin is given the count of before.
func (p *probe) eachInvalidation(begin func(before driver.Count) (read func() error, check func(after driver.Count, version string))) {
	p.Helper()
	p.makeCount()
	for range 10 {
		p.makeRecord(0, driver.Never)
		read, check := begin(p.count())
		p.during([]func() error{func() error {
			time.Sleep(rand.N(2 * betweenReads))
			return p.tryInvalidate(false, 0)
		}}, read)
		check(p.count(), p.recordText(0)[:driver.VersionSize])
	}
}

// meanwhile invalidates one record after another, each while another goroutine does
// something, at another moment each time, and then checks what has become of it.
func (p *probe) meanwhile(begin func(i int) (do func() error, check func(version string))) {
	p.Helper()
	const rounds = 20
	for i := range rounds {
		do, check := begin(i)
		inv := invalidation(false, i)
		p.together(2, func(goroutine int) error {
			if goroutine == 0 {
				if err := p.store.(driver.Invalidator).Invalidate(p.Context(), inv); err != nil {
					return fmt.Errorf("calling Invalidate: %w", err)
				}
				return nil
			}
			time.Sleep(time.Duration(i) * betweenReads / 2)
			return do()
		})
		check(inv.Version)
	}
}
