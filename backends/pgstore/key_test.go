package pgstore_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
)

// Random bytes, since the server compresses others to fit an index.
func longKey(prefix string, length int) string {
	key := make([]byte, length)
	_, _ = rand.Read(key) // it never fails
	copy(key, prefix)
	return string(key)
}

// Long keys are distinguished.
func TestLongKeysAreToldApart(t *testing.T) {
	s := open(t, newTable(t, pgstore.Options{}))
	long := longKey("shop:1:", 8<<10)
	sum := sha256.Sum256([]byte(long))
	keys := []string{
		long,
		long[:len(long)-1],
		long[:pgstore.MaxPlainKey],
		long[:pgstore.MaxPlainKey+1],
		long[:pgstore.MaxPlainKey] + string(sum[:]), // what the column holds for the first
	}
	for i, key := range keys {
		set(t, s, key, strings.Repeat("v", i), driver.Never)
	}
	for i, key := range keys {
		wantValue(t, s, key, strings.Repeat("v", i))
	}
}

// A key stays as the caller has it.
func TestAKeyStaysAsTheCallerHasIt(t *testing.T) {
	s := open(t, newTable(t, pgstore.Options{}))
	long := []byte(longKey("shop:1:", 2*pgstore.MaxPlainKey))
	before := bytes.Clone(long)
	if err := s.Set(t.Context(), long[:pgstore.MaxPlainKey+1], []byte("v"), driver.Never); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(long, before) {
		t.Error("Set wrote into the memory behind the key")
	}
}

// Clear recognizes long keys by their beginning.
func TestClearKnowsLongKeysByTheirBeginning(t *testing.T) {
	s := open(t, newTable(t, pgstore.Options{}))
	prefix := strings.Repeat("p", 1000)
	own, other := longKey(prefix+":12:", 4000), longKey(prefix+":eu:12:", 4000)
	set(t, s, own, "v", driver.Never)
	set(t, s, other, "v", driver.Never)
	if err := s.Clear(t.Context(), driver.Namespace{Prefix: prefix}); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, s, own)
	wantValue(t, s, other, "v")
	if err := s.Clear(t.Context(), driver.Namespace{Prefix: prefix + "p"}); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("Clear of a longer prefix: %v, want ErrUnsupported", err)
	}
}
