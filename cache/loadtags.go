package cache

import (
	"context"
	"errors"

	"github.com/larder-go/larder/internal/keys"
)

// markTags reads what is known of the tags of the value that is going to be loaded: before the
// load, so that what is invalidated while it runs is not stored as valid, nor handed to callers
// that ask afterwards. The latter is so for a value that will not be stored, too.
func (f *loadRun) markTags(ctx context.Context) (err error) {
	switch {
	case f.lookUpErr != nil, f.leaseErr != nil, f.isCutOff():
		return nil // the store fails, and is not asked
	case f.o.tags == nil && (!mayNameTags(f.load) || f.st.canTag() != nil):
		return nil
	}
	f.marks = &f.tagMarks
	switch {
	case f.o.tags != nil:
		err = f.cache.markInto(ctx, f.st, f.marks, &f.o)
	case f.st.native != nil:
		f.marks.local = f.st.flights.tags.count.Load()
	default:
		f.marks.count, err = f.cache.tags.earlierCount(ctx, f.st)
	}
	return f.withoutTags(err)
}

// earlierCount returns a count that was read some time before now, "" if there was none: with
// an older one than need be, a value with late tags may not be stored.
func (t *tagSpace) earlierCount(ctx context.Context, st *opened) (string, error) {
	if known := t.known.Load(); known != nil {
		return *known, nil
	}
	count, _, err := t.read(ctx, st, nil)
	return count, err
}

// isInvalid reports whether a tag of the result of another caller's load was invalidated, or may
// have been, so that it may be older than the question of this caller.
func (c *BaseCache) isInvalid(ctx context.Context, st *opened, key []byte, l *loadResult) bool {
	switch m := l.marks; {
	case l.outdated:
		return true
	case m == nil:
		return false
	case st.native != nil:
		state, _ := st.flights.tags.state(m.hashes, m.local)
		return state != tagsValid
	case len(m.tags) == 0:
		return false
	}
	e := l.entry // without what is noted of it
	return c.checkTags(ctx, st, key, &e) != nil
}

// withoutTags is what follows from an error of the store about tags: the value is returned and
// not stored. Only that the store can keep none is an error for the callers.
func (f *loadRun) withoutTags(err error) error {
	if err == nil || errors.Is(err, ErrUnsupported) {
		return err
	}
	f.leaseErr, f.fence = err, notStored
	return nil
}

// mayNameTags reports whether a loader returns a Loaded of its own: the functions of GetOrSet
// do not.
func mayNameTags(load Loader) bool {
	_, isFunction := load.(interface{ operation() string })
	return !isFunction
}

// markLateTags adds the tags that the load has named. mayStore is false if one may have been
// invalidated since the load began.
func (f *loadRun) markLateTags(ctx context.Context, tags []string) (mayStore bool, err error) {
	if len(tags) == 0 {
		return true, nil
	}
	names := f.o.tags.and(newTagNames(tags))
	if f.o.tags = names.atMost(MaxTags); names.err != nil {
		return false, names.err
	}
	if err := f.st.canTag(); err != nil {
		return false, err
	}
	if f.marks == nil {
		return false, nil
	}
	if f.st.native != nil {
		f.marks.hashes = names.localHashes(f.cache.prefix)
		return true, nil
	}
	f.cache.tags.inUse.Store(true)
	ttl, _ := f.o.timeout.ttl()
	mayStore, err = f.cache.tags.addLate(ctx, f.st, f.marks, f.late(names), ttl)
	return mayStore, f.withoutTags(err)
}

// late returns the hashes of those of names that the marks do not have.
func (f *loadRun) late(names *tagNames) (late []keys.TagHash) {
	has := make(map[keys.TagHash]bool, len(f.marks.tags))
	for i := range f.marks.tags {
		has[f.marks.tags[i].Hash] = true
	}
	for _, h := range names.hashes() {
		if !has[h] {
			late = append(late, h)
		}
	}
	return late
}
