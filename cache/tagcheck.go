package cache

import (
	"context"
	"errors"
	"fmt"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// The errors for an entry one of whose tags was invalidated: to all but loads, nothing is
// there.
var (
	errTagsInvalid = fmt.Errorf("%w: a tag was invalidated", ErrNotFound)
	errTagsStale   = fmt.Errorf("%w: a tag was invalidated softly", ErrNotFound)
)

// areTagsInvalid reports whether err says so, of either kind.
func areTagsInvalid(err error) bool {
	return errors.Is(err, errTagsInvalid) || errors.Is(err, errTagsStale)
}

func (s tagState) err() error {
	switch s {
	case tagsStale:
		return errTagsStale
	case tagsInvalid:
		return errTagsInvalid
	}
	return nil
}

// fetch reads an entry into e, which is empty. If its tags are not valid it returns the entry
// all the same, with the error that says so.
func (a *alias) fetch(ctx context.Context, st *opened, key []byte, e *entry) (err error) {
	if st.native == nil {
		return a.fetchShared(ctx, st, key, e)
	}
	e.shared, e.verified = st.sharesMemory, st.verifies
	e.raw, e.native, e.isNative, err = st.native.GetNative(ctx, key)
	switch v := e.native.(type) {
	case []byte:
		if v != nil {
			e.raw, e.native = v, nil // raw is known to be shared
		}
	case *taggedValue:
		*e = v.entry
		e.tagged = v
		return v.state(&st.flights.tags).err()
	}
	return err
}

// fetchShared is fetch for a store that keeps bytes.
func (a *alias) fetchShared(ctx context.Context, st *opened, key []byte, e *entry) error {
	if a.tags.inUse.Load() {
		return a.tags.fetch(ctx, st.asked(), key, e)
	}
	e.shared, e.verified = st.sharesMemory, st.verifies
	raw, err := st.store.Get(ctx, key)
	if e.raw = raw; err != nil || !envelope.HasTags(raw) {
		return err
	}
	return a.checkTags(ctx, st, key, e)
}

// checkTags returns an error unless the tags of an entry that was read from a shared store are
// valid. It reads the count.
func (a *alias) checkTags(ctx context.Context, st *opened, key []byte, e *entry) error {
	if !envelope.HasTags(e.raw) || isUnsound(e) {
		return nil // who decodes a damaged entry says so
	}
	if st.canTag() != nil {
		return errTagsInvalid
	}
	a.tags.inUse.Store(true)
	count, _, err := a.tags.read(ctx, st.asked(), nil)
	if err != nil {
		return err
	}
	return a.tags.checkAt(ctx, st.asked(), key, e, count)
}

// isUnsound reports whether an entry with tags is damaged.
func isUnsound(e *entry) bool {
	var h envelope.Header
	return h.Parse(e.raw) != nil || !h.HasTags || !e.verified && envelope.Verify(e.raw) != nil
}

// fetch reads an entry together with the count, which is one round trip, and with the records
// of its tags if they had to be looked at the last time.
func (t *tagSpace) fetch(ctx context.Context, st *opened, key []byte, e *entry) error {
	e.shared, e.verified = st.sharesMemory, st.verifies
	check := t.check(key)
	keys := [][]byte{t.countKey, key}
	if check != nil && check.moved && st.invalidatesAtOnce() {
		keys = append(keys, check.records...)
	}
	values, manyErr := st.getMany(ctx, keys)
	if errs := perKey(manyErr, len(keys)); errs != nil && errs[1] != nil {
		return errs[1]
	} else if errs == nil && manyErr != nil {
		return manyErr
	}
	if values[1] == nil {
		return driver.ErrNotFound
	}
	if e.raw = values[1]; !envelope.HasTags(e.raw) || isUnsound(e) {
		return nil
	}
	if manyErr != nil {
		return manyErr
	}
	count := countText(values[0])
	t.known.Store(&count)
	if len(keys) == 2 || check.identity != envelope.Identity(e.raw) {
		return t.checkAt(ctx, st, key, e, count)
	}
	if check.count == count {
		t.remember(key, &tagCheck{identity: check.identity, count: count, records: check.records})
		return nil
	}
	return t.compare(key, e, count, values[2:]).err()
}

// checkAt returns an error unless the tags of e are valid as of a count, "" if there is none.
func (t *tagSpace) checkAt(ctx context.Context, st *opened, key []byte, e *entry, count string) error {
	tags := envelope.ParseTags(e.raw)
	switch {
	case count == "":
		return errTagsInvalid
	case t.wereValidAt(key, e, &tags, count):
		return nil
	}
	values, err := st.getMany(ctx, t.recordsOf(&tags)) // after the count
	if err != nil {
		return err
	}
	return t.compare(key, e, count, values).err()
}

// wereValidAt reports whether it is known that the tags of e were valid as of a count.
func (t *tagSpace) wereValidAt(key []byte, e *entry, tags *envelope.Tags, count string) bool {
	if count == tags.Count {
		return true
	}
	check := t.check(key)
	return check != nil && check.count == count && check.identity == envelope.Identity(e.raw)
}

// recordsOf returns the keys of the records of tags.
func (t *tagSpace) recordsOf(tags *envelope.Tags) [][]byte {
	records := make([][]byte, len(tags.Tags))
	for i := range tags.Tags {
		records[i] = t.recordKey(tags.Tags[i].Hash)
	}
	return records
}

// compare compares the versions of the tags of e with their records, which were not read before
// the count, and remembers that they are the same.
func (t *tagSpace) compare(key []byte, e *entry, count string, records [][]byte) tagState {
	tags := envelope.ParseTags(e.raw)
	if count == "" || len(records) != len(tags.Tags) {
		return tagsInvalid
	}
	state := tagsValid
	for i := range tags.Tags {
		state = max(state, stateOf(&tags.Tags[i], records[i]))
	}
	if state == tagsValid {
		c := &tagCheck{identity: envelope.Identity(e.raw), count: count}
		if len(records) <= rememberedRecords {
			c.moved, c.records = true, t.recordsOf(&tags)
		}
		t.remember(key, c)
	}
	return state
}

// stateOf returns the state of a tag whose record is that.
func stateOf(tag *envelope.Tag, record []byte) tagState {
	const one = driver.VersionSize
	switch {
	case len(record) < len(tag.Versions), string(record[:one]) != string(tag.Versions[:one]):
		return tagsInvalid
	case string(record[one:2*one]) != string(tag.Versions[one:]):
		return tagsStale
	}
	return tagsValid
}

// checkManyTags makes those entries of a GetMany from a shared store absent whose tags are not
// valid as of a count, or of one that is read now if that is "". All records are read together.
func (a *alias) checkManyTags(ctx context.Context, b *batch, entries []entry, count string) error {
	var tagged []int
	for i := range entries {
		if e := &entries[i]; envelope.HasTags(e.raw) && !isUnsound(e) {
			tagged = append(tagged, i)
		}
	}
	if len(tagged) == 0 {
		return nil
	}
	if b.st.canTag() != nil {
		for _, i := range tagged {
			entries[i] = entry{}
		}
		return nil
	}
	a.tags.inUse.Store(true)
	return a.tags.checkMany(ctx, b.st.asked(), b.keys, entries, tagged, count)
}

// checkMany is checkAt for those of entries that have the indexes of tagged.
func (t *tagSpace) checkMany(ctx context.Context, st *opened, keys [][]byte, entries []entry, tagged []int, count string) (err error) {
	if count == "" {
		if count, _, err = t.read(ctx, st, nil); err != nil {
			return err
		}
	}
	var records [][]byte
	var moved []int
	for _, i := range tagged {
		if tags := envelope.ParseTags(entries[i].raw); !t.wereValidAt(keys[i], &entries[i], &tags, count) {
			moved = append(moved, i)
			records = append(records, t.recordsOf(&tags)...)
		}
	}
	if len(moved) == 0 {
		return nil
	}
	values, err := st.getMany(ctx, records)
	if err != nil {
		return err
	}
	for _, i := range moved {
		n := len(envelope.ParseTags(entries[i].raw).Tags)
		if t.compare(keys[i], &entries[i], count, values[:n]) != tagsValid {
			entries[i] = entry{}
		}
		values = values[n:]
	}
	return nil
}
