package cachetest_test

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// invalidatorMutants are wrong for a caller that is alone.
var invalidatorMutants = []mutant{{
	how:   "Invalidate changes the second version alone",
	fails: []string{"invalidator/hard-changes-both-versions"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			inv.Soft = true
			return b.memory.Invalidate(ctx, inv)
		}
	},
}, {
	how:   "Invalidate changes both versions always",
	fails: []string{"invalidator/soft-changes-the-second-version"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			inv.Soft = false
			return b.memory.Invalidate(ctx, inv)
		}
	},
}, {
	how:   "Invalidate leaves the count",
	fails: []string{"invalidator/adds-to-the-count"},
	bend: func(b *bent) {
		b.invalidate = func(_ context.Context, inv driver.Invalidation) error {
			there, _ := b.raw(inv.Count)
			b.changeRecords(inv, string(there.value))
			return nil
		}
	},
}, {
	how:   "Invalidate gives the count another making",
	fails: []string{"invalidator/adds-to-the-count"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			err := b.memory.Invalidate(ctx, inv)
			b.alter(inv.Count, func(e *entry) {
				count, _ := driver.ParseCount(string(e.value))
				count.Making = driver.NewVersion()
				e.value = []byte(count.String())
			})
			return err
		}
	},
}, {
	how:   "Invalidate makes records",
	fails: []string{"invalidator/makes-nothing"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			for _, key := range inv.Records {
				if _, _, err := b.memory.Add(ctx, key, nil, driver.Never); err != nil {
					return err
				}
			}
			return b.memory.Invalidate(ctx, inv)
		}
	},
}, {
	how:   "Invalidate makes the count",
	fails: []string{"invalidator/makes-nothing"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			if _, _, err := b.memory.Add(ctx, inv.Count, []byte("0"), driver.Never); err != nil {
				return err
			}
			return b.memory.Invalidate(ctx, inv)
		}
	},
}, {
	how:   "Invalidate brings back what has expired",
	fails: []string{"invalidator/leaves-what-has-expired"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			for _, key := range inv.Records {
				b.alter(key, func(e *entry) { e.expiry = time.Time{} })
			}
			return b.memory.Invalidate(ctx, inv)
		}
	},
}, {
	how:   "Clear leaves the records of tags",
	fails: []string{"invalidator/leaves-what-was-cleared"},
	bend: func(b *bent) {
		b.clear = func(_ context.Context, ns driver.Namespace) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			for key := range b.entries {
				if ns.Contains([]byte(key)) && !driver.IsReservedKey([]byte(key)) {
					b.drop(key)
				}
			}
			return nil
		}
	},
}, {
	how:   "Invalidate keeps the count that a record has where there is none",
	fails: []string{"invalidator/record-without-count"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			if _, err := b.memory.Get(ctx, inv.Count); err != driver.ErrNotFound {
				return b.memory.Invalidate(ctx, inv)
			}
			for _, key := range inv.Records {
				b.alter(key, func(e *entry) {
					e.value = inv.Record(e.value, string(e.value[min(2*driver.VersionSize, len(e.value)):]))
				})
			}
			return nil
		}
	},
}, {
	how:   "Invalidate forgets the expiry of records",
	fails: []string{"invalidator/keeps-expiry"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			err := b.memory.Invalidate(ctx, inv)
			for _, key := range inv.Records {
				b.alter(key, func(e *entry) { e.expiry = time.Time{} })
			}
			return err
		}
	},
}, {
	how:   "Invalidate forgets the expiry of the count",
	fails: []string{"invalidator/keeps-expiry"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			err := b.memory.Invalidate(ctx, inv)
			b.alter(inv.Count, func(e *entry) { e.expiry = time.Time{} })
			return err
		}
	},
}, {
	how:   "Invalidate takes what is no count for none",
	fails: []string{"invalidator/refuses-what-is-no-count"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			err := b.memory.Invalidate(ctx, inv)
			if err == driver.ErrNotInteger {
				b.changeRecords(inv, "")
				return nil
			}
			return err
		}
	},
}, {
	how:   "Invalidate checks the key of the count alone",
	fails: []string{"invalidator/invalid-record-is-refused"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			if err := b.begin(ctx, inv.Count); err != nil {
				return err
			}
			b.mu.Unlock()
			b.changeRecords(inv, b.addOne(inv))
			return nil
		}
	},
}, {
	how:   "a session does not invalidate",
	fails: []string{"invalidator/in-a-session"},
	bend: func(b *bent) {
		b.openSession = func(ctx context.Context) (driver.Store, error) {
			session := &bent{memory: &memory{data: b.data}}
			session.invalidate = func(context.Context, driver.Invalidation) error { return nil }
			return session, nil
		}
	},
}, {
	how:   "Invalidate is for its own process",
	fails: []string{"invalidator/other-processes-see-it"},
	bend: func(b *bent) {
		own := make(map[string][]byte)
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			if value, ok := own[string(key)]; ok {
				return value, nil
			}
			return b.memory.Get(ctx, key)
		}
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			for _, key := range inv.Records {
				if old, err := b.get(ctx, key); err == nil {
					own[string(key)] = inv.Record(old, "")
				}
			}
			return nil
		}
	},
}}

// changeRecords changes the records of inv in one step.
func (d *data) changeRecords(inv driver.Invalidation, count string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range inv.Records {
		d.changeRecord(key, &inv, count)
	}
}

// addOne is addToCount, in a step of its own.
func (d *data) addOne(inv driver.Invalidation) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	count, _ := d.addToCount(inv.Count)
	return count
}

// invalidatorStepMutants take several steps where others can come in between.
var invalidatorStepMutants = []mutant{{
	how:   "Invalidate reads the count and then stores it",
	fails: []string{"invalidator/no-invalidation-is-lost"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			text, err := b.memory.Get(ctx, inv.Count)
			if err != nil {
				return err
			}
			dawdle()
			count, _ := driver.ParseCount(string(text))
			count.Number++
			b.changeRecords(inv, count.String())
			return b.memory.Set(ctx, inv.Count, []byte(count.String()), driver.Never)
		}
	},
}, {
	how:   "Invalidate adds to the count and then changes the records",
	fails: []string{"invalidator/is-one-step", "invalidator/old-record-is-of-an-older-count"},
	bend: func(b *bent) {
		b.invalidate = func(_ context.Context, inv driver.Invalidation) error {
			count := b.addOne(inv)
			dawdle()
			b.changeRecords(inv, count)
			return nil
		}
	},
}, {
	how:   "Invalidate changes the records and then adds to the count",
	fails: []string{"invalidator/is-one-step", "invalidator/new-record-is-of-a-later-count"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			text, _ := b.memory.Get(ctx, inv.Count)
			count, _ := driver.ParseCount(string(text))
			count.Number++
			b.changeRecords(inv, count.String())
			dawdle()
			b.addOne(inv)
			return nil
		}
	},
}, {
	how:   "Invalidate in several steps adds to the count before the records alone",
	fails: []string{"invalidator/old-record-is-of-an-older-count", "invalidator/count-made-meanwhile"},
	bend: func(b *bent) {
		b.inSteps = true
		b.invalidate = func(_ context.Context, inv driver.Invalidation) error {
			count := b.addOne(inv)
			dawdle()
			b.changeRecords(inv, count)
			return nil
		}
	},
}, {
	how:   "Invalidate in several steps adds to the count after the records alone",
	fails: []string{"invalidator/new-record-is-of-a-later-count", "invalidator/record-made-meanwhile"},
	bend: func(b *bent) {
		b.inSteps = true
		b.invalidate = func(_ context.Context, inv driver.Invalidation) error {
			b.changeRecords(inv, "")
			dawdle()
			b.addOne(inv)
			return nil
		}
	},
}, {
	how:   "Invalidate looks for records, and then changes those that it found",
	fails: []string{"invalidator/record-made-meanwhile"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			var found [][]byte
			for _, key := range inv.Records {
				if _, err := b.memory.Get(ctx, key); err == nil {
					found = append(found, key)
				}
			}
			dawdle()
			inv.Records = found
			return b.memory.Invalidate(ctx, inv)
		}
	},
}, {
	how:   "Invalidate looks for the count, and then adds to one that it found",
	fails: []string{"invalidator/count-made-meanwhile"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			_, err := b.memory.Get(ctx, inv.Count)
			dawdle()
			if err != nil {
				b.changeRecords(inv, "")
				return nil
			}
			return b.memory.Invalidate(ctx, inv)
		}
	},
}, {
	how:   "Invalidate reads records and then stores what they become",
	fails: []string{"invalidator/soft-brings-nothing-back"},
	bend: func(b *bent) {
		b.invalidate = func(ctx context.Context, inv driver.Invalidation) error {
			count := b.addOne(inv)
			for _, key := range inv.Records {
				old, err := b.memory.Get(ctx, key)
				if err != nil {
					return err
				}
				dawdle()
				if err := b.memory.Set(ctx, key, inv.Record(old, count), driver.Never); err != nil {
					return err
				}
			}
			return nil
		}
	},
}}
