package cache_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/larder-go/larder/cache"
)

// logBook is a slog.Handler that keeps the records.
type logBook struct {
	mu      sync.Mutex
	records []slog.Record
}

func (l *logBook) Enabled(context.Context, slog.Level) bool { return true }
func (l *logBook) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logBook) WithGroup(string) slog.Handler            { return l }

func (l *logBook) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, r)
	return nil
}

// entries returns the attributes of each record, in one line.
func (l *logBook) entries() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, r := range l.records {
		line := r.Level.String()
		r.Attrs(func(a slog.Attr) bool {
			line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
			return true
		})
		lines = append(lines, line)
	}
	return lines
}

// messages returns the message of each record.
func (l *logBook) messages() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var texts []string
	for _, r := range l.records {
		texts = append(texts, r.Message)
	}
	return texts
}

// warnings returns what is logged when each key is read.
func warnings(t *testing.T, keys ...string) []string {
	t.Helper()
	book := new(logBook)
	c := newCache(t, newMapStore(), cache.Config{}, cache.WithLogger(slog.New(book)))
	for _, key := range keys {
		if _, err := c.Has(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	return book.entries()
}

// A key that Memcached would refuse is logged as a warning on other backends.
// Django, CacheKeyWarning
func TestAKeyThatMemcachedWouldRefuseIsAWarning(t *testing.T) {
	got := warnings(t, "a key")
	want := "WARN alias=store key=a key problem=it contains a control character or a blank"
	if len(got) != 1 || got[0] != want {
		t.Errorf("logged %q, want %q", got, want)
	}
}

// The warning about length is about the final key, in bytes, as Memcached and ValidateKey count.
func TestTheLengthOfAFinalKeyIsCountedInBytes(t *testing.T) {
	const frame = len(":1:")
	tests := []struct {
		name string
		key  string
		warn bool
	}{
		{"250 bytes", strings.Repeat("x", 250-frame), false},
		{"251 bytes", strings.Repeat("x", 251-frame), true},
		{"125 characters in 249 bytes", "xx" + strings.Repeat("é", 122), false},
		{"126 characters in 251 bytes", "xx" + strings.Repeat("é", 123), true},
		{"250 bytes that are no characters", strings.Repeat("\xff", 250-frame), false},
		{"251 bytes that are no characters", strings.Repeat("\xff", 251-frame), true},
	}
	for _, test := range tests {
		got := warnings(t, test.key)
		if warned := len(got) == 1 && strings.HasSuffix(got[0], "problem=it is longer than 250 bytes"); warned != test.warn {
			t.Errorf("%s: logged %q", test.name, got)
		}
		if err := cache.ValidateKey(":1:" + test.key); (err != nil) != test.warn {
			t.Errorf("%s: ValidateKey: %v", test.name, err)
		}
	}
}

// Control characters and blanks in a key are logged as a warning.
// Django, memcache_key_warnings
func TestControlCharactersAndBlanksInAKeyAreAWarning(t *testing.T) {
	for b := range 256 {
		want := b <= 0x20 || b == 0x7f
		if got := warnings(t, "k"+string([]byte{byte(b)})); (len(got) == 1) != want {
			t.Errorf("byte %#02x: logged %q", b, got)
		}
	}
}

// Keys that differ in numbers only are warned of once.
func TestAWarningComesOnceForEachShapeOfKey(t *testing.T) {
	tests := []struct {
		name string
		keys []string
		want int
	}{
		{"one key", []string{"a b", "a b"}, 1},
		{"numbers alike", []string{"user:1 x", "user:27 x", "user:300 x"}, 1},
		{"alike in the beginning", []string{strings.Repeat("y", 32) + " a", strings.Repeat("y", 32) + " b"}, 1},
		{"two shapes", []string{"user 1", "order 1"}, 2},
		{"two problems", []string{"y" + strings.Repeat("y", 300), "y" + strings.Repeat("y", 300) + " "}, 2},
		{"no problem", []string{"a", "b"}, 0},
	}
	for _, test := range tests {
		if got := warnings(t, test.keys...); len(got) != test.want {
			t.Errorf("%s: %d warnings, want %d: %q", test.name, len(got), test.want, got)
		}
	}
}

// The number of warnings about keys is bounded.
func TestTheNumberOfWarningsIsBounded(t *testing.T) {
	var keys []string
	for i := range 500 {
		keys = append(keys, fmt.Sprintf("%c%c x", 'a'+i%26, 'a'+i/26))
	}
	if got := len(warnings(t, keys...)); got != 100 {
		t.Errorf("%d warnings for 500 shapes, want 100", got)
	}
}

// A warning names its alias, and each alias warns once for all requests.
func TestAWarningNamesItsAliasAndEachAliasWarns(t *testing.T) {
	book := new(logBook)
	h := newHandler(t, cache.Settings{
		"default": {Opener: openerOf(newMapStore())},
		"pages":   {Opener: openerOf(newMapStore())},
	}, cache.WithLogger(slog.New(book)))
	scope := h.Scope(t.Context())
	for range 2 { // and once for all requests
		for _, alias := range h.Aliases() {
			for _, c := range []cache.Cache{cache.From(scope, alias), cache.From(h.Scope(scope), alias)} {
				if _, err := c.Has(scope, "a key"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	got := strings.Join(book.entries(), "\n")
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "alias=default") || !strings.Contains(got, "alias=pages") {
		t.Errorf("logged\n%s", got)
	}
}

// Without WithLogger, the default logger gets the warnings.
func TestTheDefaultLoggerGetsTheWarnings(t *testing.T) {
	book := new(logBook)
	before, output, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(slog.New(book)) // it takes package log over, too
	defer func() {
		slog.SetDefault(before)
		log.SetOutput(output)
		log.SetFlags(flags)
	}()
	c := newCache(t, newMapStore(), cache.Config{})
	if _, err := c.Has(t.Context(), "a key"); err != nil {
		t.Fatal(err)
	}
	if len(book.entries()) != 1 {
		t.Errorf("logged %q", book.entries())
	}
}

// A long key is shortened in the log.
func TestALongKeyIsShortenedInTheLog(t *testing.T) {
	got := warnings(t, strings.Repeat("k", 1<<20))
	if len(got) != 1 || len(got[0]) > 500 || !strings.Contains(got[0], "kkk… ") {
		t.Errorf("logged %d bytes", len(strings.Join(got, "")))
	}
}

// Warnings are safe for concurrent use.
func TestWarningsAreSafeForConcurrentUse(t *testing.T) {
	book := new(logBook)
	c := newCache(t, newMapStore(), cache.Config{}, cache.WithLogger(slog.New(book)))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				_, _ = c.Has(t.Context(), "a key")
			}
		})
	}
	wg.Wait()
	if len(book.entries()) != 1 {
		t.Errorf("logged %q", book.entries())
	}
}
