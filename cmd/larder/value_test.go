package main

import (
	"context"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
)

// shop is a struct as a program has them.
type shop struct {
	Name  string
	Since time.Time
	Logo  []byte
	Sales []int64
}

// newProgram returns the cache of a program, and the URL by which the command finds it.
func newProgram(t *testing.T) (c *cache.BaseCache, url string) {
	t.Helper()
	config := testbackends.Named(t, "file").Config(t)
	h, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: config})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if c, err = h.Cache(cache.DefaultAlias); err != nil {
		t.Fatal(err)
	}
	return c, "file://" + config.Location
}

// What programs store in Go, the command shows.
func TestValuesOfProgramsAreReadable(t *testing.T) {
	c, url := newProgram(t)
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	for i, test := range []struct {
		value      any
		text, json string
	}{
		{int64(math.MaxInt64), "9223372036854775807", `"integer","value":9223372036854775807`},
		{"", "", `"text","value":""`},
		{"two\nlines\t.", "two\nlines\t.", `"text","value":"two\nlines\t."`},
		{"\x1b[31mred", `"\x1b[31mred"`, `"text","value":"\u001b[31mred"`},
		{[]byte("bytes"), "bytes", `"bytes","value":"Ynl0ZXM="`},
		{[]byte{0xff, 0}, `"\xff\x00"`, `"bytes","value":"/wA="`},
		{nil, "null", `"nil"`},
		{true, "true", `"value","value":true`},
		{1.5, "1.5", `"value","value":1.5`},
		{math.NaN(), `"NaN"`, `"value","value":"NaN"`},
		{map[string]any{"z": []any{math.Inf(1), nil}, "a": "<b>"}, `{"a":"<b>","z":["+Inf",null]}`, `"value","value":{"a":"<b>","z":["+Inf",null]}`},
		{huge, huge.String(), `"value","value":` + huge.String()},
		{shop{"Ada", time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), []byte{1}, []int64{1 << 60}},
			`{"Logo":"AQ==","Name":"Ada","Sales":[1152921504606846976],"Since":"2026-01-02T03:04:05.000000006Z"}`,
			`"value","value":{"Logo":"AQ==","Name":"Ada","Sales":[1152921504606846976],"Since":"2026-01-02T03:04:05.000000006Z"}`},
	} {
		key := "k" + strconv.Itoa(i)
		if err := c.Set(t.Context(), key, test.value); err != nil {
			t.Fatal(err)
		}
		larder(t, "--url", url, "get", key).is(t, exitDone, test.text+"\n", "")
		larder(t, "--url", url, "get", key, "--json").is(t, exitDone,
			`{"alias":"default","key":"`+key+`","found":true,"type":`+test.json+"}\n", "")
	}
}

// What the command stores, programs read as Go values.
func TestProgramsReadWhatTheCommandStores(t *testing.T) {
	c, url := newProgram(t)
	set := func(stdin string, args ...string) {
		t.Helper()
		larderWith(t, stdin, append([]string{"--url", url, "set"}, args...)...).is(t, exitDone, "stored\n", "")
	}
	set("", "text", "5")
	set("from stdin\n", "stdin", "-")
	set("\xff\x00", "bytes", "-", "--bytes")
	set("", "int", "--int", "--", "-5")
	set(` {"Name": "Ada", "Sales": [1152921504606846977]} `, "json", "-", "--json-value")
	set("", "null", "null", "--json-value")
	set("", "long", strings.Repeat("v", 100_000))

	wantValue(t, c, "text", "5")
	wantValue(t, c, "stdin", "from stdin\n")
	wantValue(t, c, "bytes", "\xff\x00")
	wantValue(t, c, "int", int64(-5))
	wantValue(t, c, "null", nil)
	var got shop
	if found, err := c.Get(t.Context(), "json", &got); !found || err != nil || got.Name != "Ada" || got.Sales[0] != 1152921504606846977 {
		t.Errorf("json: %+v, %v, %v", got, found, err)
	}
}

func wantValue(t *testing.T, c cache.Cache, key string, want any) {
	t.Helper()
	var got any
	found, err := c.Get(t.Context(), key, &got)
	if b, ok := got.([]byte); ok {
		got = string(b)
	}
	if !found || err != nil || got != want {
		t.Errorf("%s: %#v, %v, %v, want %#v", key, got, found, err, want)
	}
}

func TestValuesThatAreNotWhatTheFlagsSayAreRefused(t *testing.T) {
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"--int", "five"}, "--int: the value is not an integer of 64 bits"},
		{[]string{"--int", "9223372036854775808"}, "--int: the value is not an integer of 64 bits"},
		{[]string{"--json-value", "{"}, "--json-value: the value is not JSON"},
		{[]string{"--json-value", "1e999"}, "--json-value: a number is out of range"},
		{[]string{"--json-value", `{"a":[1e999]}`}, "--json-value: a number is out of range"},
		{[]string{"--int", "--bytes", "5"}, "can't be used together"},
		{[]string{"v", "--timeout=soon"}, "timeout"},
	} {
		larder(t, append([]string{"--url", "dummy://", "set", "k"}, test.args...)...).says(t, exitUsage, test.says)
	}
}
