package filestore

import (
	"fmt"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// Options are the settings of a [Store]. The zero value means the defaults.
type Options struct {
	// MaxEntries is how many entries the store holds at most, expired ones
	// included. Zero means 10 000, the number of the memory store.
	MaxEntries int64

	// MaxBytes is the greatest sum of the lengths of all entry files, in
	// bytes. Zero means 1 GiB: for 10 000 entries that is a hundred kilobytes
	// each, more than pages and query results need, and no surprise to a
	// server's disk.
	//
	// One entry may take as much as one shard. In a directory laid out for
	// these bounds that is at least 16 MiB, or MaxBytes if that is less.
	MaxBytes int64

	// Clock tells the time by which entries expire and age. Processes on one
	// directory need the same time. When it is set back, the entries that are
	// there live longer by as much. Nil means the system's clock.
	Clock driver.Clock
}

const (
	defaultMaxEntries = 10_000
	defaultMaxBytes   = 1 << 30
)

// withDefaults returns o with its zero fields set, or says what is wrong.
func (o Options) withDefaults() (Options, error) {
	if o.MaxEntries < 0 || o.MaxBytes < 0 {
		return o, fmt.Errorf("filestore: MaxEntries is %d and MaxBytes %d: they must not be negative", o.MaxEntries, o.MaxBytes)
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = defaultMaxEntries
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	return o, nil
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }
