package cachetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// tagSpace is the namespace of the records of tags. As in package cache, the names of the
// records begin with a hash tag, so that a cluster keeps them together.
var tagSpace = driver.Namespace{Prefix: "shop"}

var countKey = string(tagSpace.ReservedKey(nil, "{tags}count"))

func tagKey(i int) string { return string(tagSpace.ReservedKey(nil, fmt.Sprintf("{tags}tag%d", i))) }

// firstVersion is that of records that were made and never invalidated.
var firstVersion = strings.Repeat("1", driver.VersionSize)

// tagRecord returns a record of which both versions are version.
func tagRecord(version, count string) string { return version + version + count }

// invalidation returns one of the records with these numbers, with a new version.
func invalidation(soft bool, records ...int) driver.Invalidation {
	inv := driver.Invalidation{Count: []byte(countKey), Version: driver.NewVersion(), Soft: soft}
	for _, i := range records {
		inv.Records = append(inv.Records, []byte(tagKey(i)))
	}
	return inv
}

// tagCounts returns counts of every form that the store has to take.
func (p *probe) tagCounts() []driver.Count {
	plain := driver.Count{Number: 1<<45 + 9}
	if !p.invalidatesAtOnce() {
		return []driver.Count{plain}
	}
	made := driver.NewCount()
	made.Number = 99
	return []driver.Count{made, plain}
}

func (p *probe) invalidatesAtOnce() bool {
	p.Helper()
	return ability[driver.Invalidator](p).InvalidatesAtOnce()
}

func (p *probe) makeCount() {
	p.Helper()
	p.set(countKey, p.tagCounts()[0].String(), driver.Never)
}

func (p *probe) makeRecord(i int, ttl time.Duration) {
	p.Helper()
	p.set(tagKey(i), tagRecord(firstVersion, ""), ttl)
}

// invalidate invalidates records and returns the new version.
func (p *probe) invalidate(soft bool, records ...int) (version string) {
	p.Helper()
	inv := invalidation(soft, records...)
	if err := ability[driver.Invalidator](p).Invalidate(p.Context(), inv); err != nil {
		p.Fatalf("Invalidate: %v", err)
	}
	return inv.Version
}

func (p *probe) invalidates(records ...int) (version string) {
	p.Helper()
	return p.invalidate(false, records...)
}

func (p *probe) softlyInvalidates(records ...int) (version string) {
	p.Helper()
	return p.invalidate(true, records...)
}

// count returns the count that is stored.
func (p *probe) count() driver.Count {
	p.Helper()
	text, err := p.store.Get(p.Context(), []byte(countKey))
	if err != nil {
		p.Fatalf("Get of the count: %v", err)
	}
	return p.parseCount(string(text))
}

func (p *probe) parseCount(text string) driver.Count {
	p.Helper()
	count, ok := driver.ParseCount(text)
	if !ok {
		p.Fatalf("%s is no count", brief(text))
	}
	return count
}

// holdsVersions fails the case unless a record has these versions.
func (p *probe) holdsVersions(i int, first, second string) {
	p.Helper()
	got := p.recordText(i)
	if !strings.HasPrefix(got, first+second) {
		p.Errorf("record %d is %s, want one of the versions %s and %s", i, brief(got), first, second)
	}
}

// holdsCount fails the case unless a record has the count to which an invalidation added one,
// which found the count before and left it at after.
func (p *probe) holdsCount(i int, before, after driver.Count) {
	p.Helper()
	got := p.parseCount(p.recordText(i)[2*driver.VersionSize:])
	if got.Making != after.Making || got.Number <= before.Number || got.Number > after.Number || p.invalidatesAtOnce() && got != after {
		p.Errorf("record %d has the count %v, after an invalidation between the counts %v and %v", i, got, before, after)
	}
}

// recordText returns a record that is long enough to be one.
func (p *probe) recordText(i int) string {
	p.Helper()
	text, err := p.store.Get(p.Context(), []byte(tagKey(i)))
	if err != nil || len(text) < 2*driver.VersionSize {
		p.Fatalf("record %d is %s, %v", i, brief(string(text)), err)
	}
	return string(text)
}
