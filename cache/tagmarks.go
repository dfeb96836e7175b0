package cache

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
	"github.com/larder-go/larder/internal/keys"
)

// tagMarks are what is stored with a value of its tags, as they were before it was made. Of the
// two forms one is used: that of the store.
type tagMarks struct {
	count  string // of a store that processes share, or empty
	tags   []envelope.Tag
	local  uint64 // the count of a store of this process
	hashes []uint64
}

// section returns what an entry in a shared store has of the tags, or nil if it has none.
func (m *tagMarks) section() *envelope.Tags {
	if m == nil || len(m.tags) == 0 {
		return nil
	}
	return &envelope.Tags{Count: m.count, Tags: m.tags}
}

// errNoTags is the error of tags in a store that cannot have any.
var errNoTags = fmt.Errorf("%w: it can keep no tags, since it cannot count, or not compare and replace", ErrUnsupported)

// canTag returns an error if entries of the store cannot have tags.
func (st *opened) canTag() error {
	base := st.base // which keeps what is known of tags, also for a session
	switch {
	case base.leasesRefused != nil:
		return base.leasesRefused
	case (st.native == nil) != (base.native == nil):
		return errNoTags // a session that keeps bytes, over a store whose tags are beside its values
	case base.native == nil && base.invalidator == nil && (base.counter == nil || base.replacer == nil):
		return errNoTags
	}
	return nil
}

// mark returns the marks of a value that is made now and stored as the options say, nil if it
// has no tags or is not kept.
func (a *alias) mark(ctx context.Context, st *opened, o *options) (*tagMarks, error) {
	if _, lives := o.timeout.ttl(); o.tags == nil || !lives {
		return nil, nil
	}
	m := new(tagMarks)
	return m, a.markInto(ctx, st, m, o)
}

// markInto is mark into m, which is empty, for options with tags.
func (a *alias) markInto(ctx context.Context, st *opened, m *tagMarks, o *options) error {
	if err := st.canTag(); err != nil {
		return err
	}
	if st.native != nil {
		m.local, m.hashes = st.flights.tags.count.Load(), o.tags.localHashes(a.prefix)
		return nil
	}
	a.tags.inUse.Store(true)
	records, err := a.tags.begin(ctx, st.base.primary, m, o.tags.hashes())
	if err != nil {
		return err
	}
	ttl, _ := o.timeout.ttl()
	_, err = a.tags.add(ctx, st.base.primary, m, records, ttl)
	return err
}

// tagRecord is the record of a tag as it was read.
type tagRecord struct {
	hash  keys.TagHash
	key   []byte
	value []byte // nil if there is none
}

// maxTagTries is how often the count of a namespace is made in a store that loses it at once.
const maxTagTries = 3

// begin reads the count of the namespace into m, and then the records of tags. It makes the
// count if there is none.
func (t *tagSpace) begin(ctx context.Context, st *opened, m *tagMarks, hashes []keys.TagHash) (records []tagRecord, err error) {
	for try := range maxTagTries {
		if m.count, records, err = t.read(ctx, st, hashes); err != nil || m.count != "" {
			return records, err
		}
		count := []byte(st.newCount().String())
		_, added, err := st.store.Add(ctx, t.countKey, count, driver.Never)
		if errors.Is(err, driver.ErrCorrupt) || !added && err == nil && try > 0 { // what is there is no count
			err = st.store.Set(ctx, t.countKey, count, driver.Never)
		}
		if err != nil {
			return nil, err
		}
	}
	m.count = driver.NewCount().String() // with which the entry is never valid
	return records, nil
}

// read reads the count of the namespace, "" if there is none, and not before it the records of
// tags.
func (t *tagSpace) read(ctx context.Context, st *opened, hashes []keys.TagHash) (count string, records []tagRecord, err error) {
	records = make([]tagRecord, len(hashes))
	all := make([][]byte, 1, 1+len(hashes))
	all[0] = t.countKey
	for i, h := range hashes {
		records[i] = tagRecord{hash: h, key: t.recordKey(h)}
		all = append(all, records[i].key)
	}
	values, err := st.getInOrder(ctx, all)
	if err != nil {
		return "", nil, err
	}
	for i := range records {
		records[i].value = values[i+1]
	}
	count = countText(values[0])
	t.known.Store(&count)
	return count, records, nil
}

// getInOrder reads the first of all keys, and not before it the others.
func (st *opened) getInOrder(ctx context.Context, all [][]byte) ([][]byte, error) {
	if st.invalidatesAtOnce() || len(all) == 1 {
		return st.getMany(ctx, all)
	}
	values, err := st.getMany(ctx, all[:1])
	if err != nil {
		return nil, err
	}
	rest, err := st.getMany(ctx, all[1:])
	return append(values, rest...), err
}

// getMany returns the values of all keys, nil for those that are not there.
func (st *opened) getMany(ctx context.Context, all [][]byte) (values [][]byte, err error) {
	if st.many != nil && len(all) > 1 {
		return st.many.GetMany(ctx, all)
	}
	values = make([][]byte, len(all))
	for i, key := range all {
		values[i], err = st.store.Get(ctx, key)
		switch {
		case errors.Is(err, driver.ErrNotFound), errors.Is(err, driver.ErrCorrupt):
			values[i] = nil
		case err != nil:
			return nil, err
		}
	}
	return values, nil
}

// countText returns a count as it is stored, or "" if that is none.
func countText(raw []byte) string {
	if _, ok := driver.ParseCount(string(raw)); !ok {
		return ""
	}
	return string(raw)
}

// newCount returns a count for the store: one that it can count by itself, if it does not
// invalidate in one step.
func (st *opened) newCount() driver.Count {
	if st.invalidatesAtOnce() {
		return driver.NewCount()
	}
	return driver.Count{Number: rand.Int64N(1 << 61)}
}

func (st *opened) invalidatesAtOnce() bool {
	return st.invalidator != nil && st.invalidator.InvalidatesAtOnce()
}

// add adds the versions of tags to m, from records that were read after m's count, and makes
// those that there are not. It reports whether the records say that no tag was invalidated
// since that count.
func (t *tagSpace) add(ctx context.Context, st *opened, m *tagMarks, records []tagRecord, ttl time.Duration) (unchanged bool, err error) {
	unchanged = true
	for _, record := range records {
		tag := envelope.Tag{Hash: record.hash}
		if len(record.value) < len(tag.Versions) {
			record.value, err = t.makeRecord(ctx, st, record.key, ttl)
			unchanged = false // nobody knows what was there before
		} else {
			unchanged = unchanged && isUnchanged(record.value, m.count)
			err = t.raise(ctx, st, record.key, ttl)
		}
		if err != nil {
			return false, err
		}
		copy(tag.Versions[:], record.value)
		m.tags = append(m.tags, tag)
	}
	return unchanged, nil
}

// addLate is add for tags that are known only now that the value is made. It reports whether
// the value may be stored: if none of the tags can have been invalidated since m's count, which
// was read before.
func (t *tagSpace) addLate(ctx context.Context, st *opened, m *tagMarks, hashes []keys.TagHash, ttl time.Duration) (ok bool, err error) {
	if m.count == "" { // nobody has used tags before: from now on there is a count
		_, err = t.begin(ctx, st, new(tagMarks), nil)
		return false, err
	}
	_, records, err := t.read(ctx, st, hashes)
	if err != nil {
		return false, err
	}
	unchanged, err := t.add(ctx, st, m, records, ttl)
	if err != nil || unchanged && st.invalidatesAtOnce() {
		return err == nil, err
	}
	// The versions are those of the count if that is the same after they were read.
	count, _, err := t.read(ctx, st, nil)
	return count == m.count, err
}

// isUnchanged reports whether a record says that it was changed last at this count or before.
func isUnchanged(record []byte, count string) bool {
	changed, ok := driver.ParseCount(string(record[envelope.TagVersionsSize:]))
	now, _ := driver.ParseCount(count)
	return ok && changed.Making != "" && changed.Making == now.Making && changed.Number <= now.Number
}

// makeRecord makes a record for an entry with this ttl, and returns it, or the head of the one
// that another has made meanwhile. It has no count: an invalidation that came before found no
// record to change, so nobody may take the record for older than that.
func (t *tagSpace) makeRecord(ctx context.Context, st *opened, key []byte, ttl time.Duration) ([]byte, error) {
	inv := driver.Invalidation{Version: driver.NewVersion()}
	record, lives := inv.Record(nil, ""), lifetimeOf(ttl)
	head, added, err := st.store.Add(ctx, key, record, lives)
	switch {
	case err != nil && !errors.Is(err, driver.ErrCorrupt):
		return nil, err
	case added:
	case len(head) >= envelope.TagVersionsSize:
		return head, t.raise(ctx, st, key, ttl)
	default: // it is damaged, or gone again: the entry is not valid then
		if err := st.store.Set(ctx, key, record, lives); err != nil {
			return nil, err
		}
	}
	t.lifetimes.note(string(key), lives)
	return record, nil
}

// How long the record of a tag lives: longer than the entries with the tag.
const (
	recordTTL      = 48 * time.Hour
	recordTTLLasts = 24 * time.Hour // for entries that live no longer; else it lives for ever
)

// lifetimeOf returns for how long the record of a tag has to live with whom an entry lives for
// ttl.
func lifetimeOf(ttl time.Duration) time.Duration {
	if ttl > recordTTLLasts {
		return driver.Never
	}
	return recordTTL
}

// raise makes a record live longer than an entry with this ttl, unless this process knows that
// it does. What another process has raised further stays so, where the store can tell.
func (t *tagSpace) raise(ctx context.Context, st *opened, key []byte, ttl time.Duration) error {
	if t.lifetimes.last(string(key), ttl) {
		return nil
	}
	lives := lifetimeOf(ttl)
	if st.expirer != nil && lives != driver.Never {
		if left, err := st.expirer.TTL(ctx, key); err == nil && left > lives {
			t.lifetimes.note(string(key), left)
			return nil
		}
	}
	if _, err := st.store.Touch(ctx, key, lives); err != nil && !errors.Is(err, driver.ErrNotFound) {
		return err
	}
	t.lifetimes.note(string(key), lives)
	return nil
}

// lifetimes remembers until when records live at least.
type lifetimes struct {
	mu   sync.Mutex
	ends map[string]time.Time
}

// rememberedLifetimes bounds the memory of lifetimes. What is forgotten is raised again.
const rememberedLifetimes = 1 << 12

// last reports whether the record of key lives longer than an entry with this ttl.
func (l *lifetimes) last(key string, ttl time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	end, known := l.ends[key]
	return known && (end.IsZero() || ttl <= recordTTLLasts && time.Until(end) > ttl)
}

func (l *lifetimes) note(key string, lives time.Duration) {
	end := time.Time{} // never
	if lives != driver.Never {
		end = time.Now().Add(lives)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ends == nil || len(l.ends) >= rememberedLifetimes {
		l.ends = make(map[string]time.Time)
	}
	l.ends[key] = end
}
