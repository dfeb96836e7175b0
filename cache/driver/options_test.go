package driver_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

func read(options map[string]any) *driver.OptionReader {
	return driver.ReadOptions(driver.Config{Options: options})
}

// Options have the same meaning from Go, JSON and URLs.
func TestOptionsAreReadFromGoJSONAndURLsAlike(t *testing.T) {
	for _, v := range []any{7, int32(7), int64(7), uint(7), uint32(7), uint64(7), 7.0, json.Number("7"), "7"} {
		r := read(map[string]any{"n": v})
		if got := r.Int("n", 1, 0, 10); got != 7 || r.Err() != nil {
			t.Errorf("Int of %T: %d, %v", v, got, r.Err())
		}
	}
	for _, v := range []any{64 << 20, "67108864", "64MiB", "65536KiB", json.Number("67108864")} {
		r := read(map[string]any{"n": v})
		if got := r.Size("n", 1, 0, math.MaxInt64); got != 64<<20 || r.Err() != nil {
			t.Errorf("Size of %v: %d, %v", v, got, r.Err())
		}
	}
	for _, v := range []any{90 * time.Second, 90, 90.0, "90", "90s", "1m30s", json.Number("90")} {
		r := read(map[string]any{"d": v})
		if got := r.Duration("d", 1); got != 90*time.Second || r.Err() != nil {
			t.Errorf("Duration of %v: %v, %v", v, got, r.Err())
		}
	}
	for _, v := range []any{true, "true", "1"} {
		r := read(map[string]any{"b": v})
		if got := r.Bool("b", false); !got || r.Err() != nil {
			t.Errorf("Bool of %v: %v, %v", v, got, r.Err())
		}
	}
	clock := new(int)
	r := read(map[string]any{"s": "x", "v": clock})
	if got := r.String("s", "", "x", "y"); got != "x" || r.Value("v") != clock || r.Err() != nil {
		t.Errorf("String %q, %v", got, r.Err())
	}
}

// Absent options have their default.
func TestOptionsThatAreAbsentHaveTheirDefault(t *testing.T) {
	r := read(nil)
	if r.Int("n", 3, 0, 10) != 3 || r.Size("z", 4, 0, 10) != 4 || !r.Bool("b", true) || r.String("s", "d") != "d" ||
		r.Duration("t", time.Minute) != time.Minute || r.Value("v") != nil || r.Err() != nil {
		t.Errorf("a default is lost: %v", r.Err())
	}
}

// All wrong options are reported in one error, each with what would be right.
func TestEveryWrongOptionIsReportedAtOnceWithWhatWouldBeRight(t *testing.T) {
	r := read(map[string]any{
		"n": "seven", "low": -1, "z": "64MB", "b": "maybe", "s": 5, "choice": "c", "d": "-5s", "huge": 1e300, "max_entires": 5,
	})
	r.Int("n", 0, 0, 10)
	r.Int("low", 0, 1, math.MaxInt64)
	r.Size("z", 0, 0, 10)
	r.Bool("b", false)
	r.String("s", "")
	r.String("choice", "a", "a", "b")
	r.Duration("d", 0)
	r.Duration("huge", 0)
	err := r.Err()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`option "n" is seven (string): it must be a whole number`,
		`option "low" is -1 (int): it must be a number of at least 1`,
		`option "z" is 64MB (string): it must be a number of bytes, for example 1048576 or "64MiB"`,
		`option "b" is maybe (string): it must be true or false`,
		`option "s" is 5 (int): it must be a string`,
		`option "choice" is c (string): it must be one of a, b`,
		`option "d" is -5s (string): it must be a duration that is not negative`,
		`option "huge" is 1e+300 (float64): it must be a duration`,
		`unknown option "max_entires": the options are b, choice, d, huge, low, n, s, z`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from:\n%v", want, err)
		}
	}
}

// Sizes that overflow or are no whole number are refused.
func TestSizesThatDoNotFitAreRefused(t *testing.T) {
	for _, v := range []any{"9223372036854775807GiB", "-9223372036854775808KiB", "1.5MiB", "", "KiB", uint64(math.MaxUint64), 1.5, math.Inf(1)} {
		r := read(map[string]any{"z": v})
		r.Size("z", 0, math.MinInt64, math.MaxInt64)
		if r.Err() == nil {
			t.Errorf("%v is taken for a size", v)
		}
	}
}

// No message shows a value that has parts or several lines, since it may be a secret.
func TestNoMessageShowsAValueThatHasPartsOrSeveralLines(t *testing.T) {
	for _, v := range []any{
		map[string]any{"key": "s3cr3t"}, []any{"s3cr3t"}, []string{"s3cr3t"}, [1]string{"s3cr3t"}, struct{ Key string }{"s3cr3t"},
		&struct{ Key string }{"s3cr3t"}, "-----BEGIN PRIVATE KEY-----\ns3cr3t", []byte("s3cr3t"), new(string), nil, func() {},
	} {
		r := read(map[string]any{"n": v, "z": v, "b": v, "d": v, "s": v, "c": v})
		r.Int("n", 0, 0, 1)
		r.Size("z", 0, 0, 1)
		r.Bool("b", false)
		r.Duration("d", 0)
		if _, ok := v.(string); !ok {
			r.String("s", "")
		}
		r.String("c", "", "x")
		r.Fail("s", "another")
		err := r.Err()
		if err == nil || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "0x") || strings.Count(err.Error(), "must be") < 6 {
			t.Errorf("%T: %v", v, err)
		}
	}
	r := read(map[string]any{"n": strings.Repeat("x", 1000)})
	r.Int("n", 0, 0, 1)
	if err := r.Err(); len(err.Error()) > 200 {
		t.Errorf("a message of %d bytes", len(err.Error()))
	}
}

// An option for a file is its name; the contents of a file are refused without being shown.
func TestAFileIsGivenByItsName(t *testing.T) {
	r := read(map[string]any{"ca": "/etc/ca.pem", "key": "-----BEGIN PRIVATE KEY-----\ns3cr3t", "cert": "s3cr3t\n"})
	if got := r.File("ca"); got != "/etc/ca.pem" || r.File("key") != "" || r.File("cert") != "" || r.File("absent") != "" {
		t.Errorf("File is %q", got)
	}
	want := "option \"key\" has the contents of a file: it must be its name\noption \"cert\" has the contents of a file: it must be its name"
	if err := r.Err(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// An option of another framework is refused with what to write instead.
// Django, OPTIONS
func TestAnOptionOfAnotherFrameworkIsRefusedWithTheCure(t *testing.T) {
	for name, want := range map[string]string{
		"MAX_ENTRIES":    `write it "max_entries"`,
		"CULL_FREQUENCY": "leave it out",
		"KEY_PREFIX":     "key_prefix of the alias",
		"ignore_exc":     `"on_error": "miss"`,
		"max_entires":    "the options are max_entries",
	} {
		r := read(map[string]any{name: 1})
		r.Int("max_entries", 0, 0, 1)
		if err := r.Err(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := read(map[string]any{"MAX_ENTRIES": 1}).Err(); err == nil || !strings.Contains(err.Error(), "no such limit") {
		t.Errorf("without max_entries: %v", err)
	}
}
