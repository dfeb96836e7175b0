package filestore_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

const (
	roleVariable = "LARDER_FILESTORE_TEST_ROLE"
	dirVariable  = "LARDER_FILESTORE_TEST_DIR"
)

// What the roles do, which the tests that start them need to know.
const (
	writeKeys = 60
	fillKeys  = 250
	addKeys   = 150

	counters     = 2
	incrementers = 3 // goroutines in each process
	increments   = 40
)

// writeOptions make a store of one shard that must often cull.
var writeOptions = filestore.Options{MaxEntries: 40, MaxBytes: 256 << 10}

// runChild is what the test binary does in the role of another process: it
// says that it is ready, waits for the end of its input, and acts. The result
// is the exit status.
func runChild(role string) int {
	act, ok := roles[role]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such role:", role)
		return 2
	}
	if err := act.run(os.Getenv(dirVariable)); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
		return 1
	}
	return 0
}

type role struct {
	opts filestore.Options
	act  func(ctx context.Context, s *filestore.Store) error
}

var roles = map[string]role{
	"write": {writeOptions, writeForEver},
	"fill":  {writeOptions, fill},
	"add":   {filestore.Options{}, addAll},
	"incr":  {filestore.Options{}, increment},
}

func (r role) run(dir string) error {
	s, err := filestore.Open(dir, r.opts)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return r.act(context.Background(), s)
}

// writeForEver writes until it is killed, and a dot for each write.
func writeForEver(ctx context.Context, s *filestore.Store) error {
	for i := os.Getpid(); ; i++ {
		key := fmt.Sprint(i % writeKeys)
		if err := s.Set(ctx, []byte(key), makeValue(key, i), driver.Never); err != nil {
			return err
		}
		fmt.Print(".")
	}
}

// makeValue returns a value of up to 16 KiB that tells its key and number in
// every byte, so that a mixture of two cannot pass for one.
func makeValue(key string, number int) []byte {
	value := binary.BigEndian.AppendUint64(nil, uint64(number))
	value = append(value, key...)
	for i := range number * 397 % (16 << 10) {
		value = append(value, byte(i+number))
	}
	return value
}

func validValue(key string, value []byte) bool {
	if len(value) < 8 {
		return false
	}
	number := int(binary.BigEndian.Uint64(value))
	return string(value) == string(makeValue(key, number))
}

// fill writes many keys once, with deletes and overwrites between.
func fill(ctx context.Context, s *filestore.Store) error {
	pid := os.Getpid()
	for i := range fillKeys {
		key := fmt.Sprintf("%d-%d", pid, i-i%5)
		if i%7 == 0 {
			if _, _, err := s.Delete(ctx, []byte(key)); err != nil {
				return err
			}
		}
		if err := s.Set(ctx, []byte(key), makeValue(key, pid+i), driver.Never); err != nil {
			return err
		}
	}
	return nil
}

// addAll adds every key and prints those that it was first to add.
func addAll(ctx context.Context, s *filestore.Store) error {
	for i := range addKeys {
		_, added, err := s.Add(ctx, fmt.Append(nil, i), []byte("v"), driver.Never)
		if err != nil {
			return err
		}
		if added {
			fmt.Println(i)
		}
	}
	return nil
}

// increment increments every counter from several goroutines.
func increment(ctx context.Context, s *filestore.Store) error {
	var wg sync.WaitGroup
	errs := make(chan error, incrementers)
	for range incrementers {
		wg.Go(func() {
			for range increments {
				for i := range counters {
					if _, err := s.Incr(ctx, fmt.Append(nil, i), 1); err != nil {
						errs <- err
						return
					}
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}
