package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/larder-go/larder/cache"
)

// writing is what set and add have in common.
type writing struct {
	keyFlags
	timeoutFlag
	Value     string `arg:"" help:"The value, or - for standard input. Behind -- if it begins with a dash."`
	Int       bool   `xor:"type" help:"Store an integer, instead of a string."`
	Bytes     bool   `xor:"type" help:"Store bytes, instead of a string."`
	JSONValue bool   `xor:"type" name:"json-value" help:"Store what the value stands for as JSON, instead of a string."`
}

func (w *writing) options() []cache.Option {
	return append(w.keyFlags.options(), w.Timeout.Timeout)
}

// value returns what to store. A value that is not as the flags say is not
// quoted: it may be long.
func (w *writing) value(stdin io.Reader) (any, error) {
	text := w.Value
	if text == "-" {
		data, err := io.ReadAll(stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		text = string(data)
	}
	switch {
	case w.Int:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil, usageError("--int: the value is not an integer of 64 bits")
		}
		return n, nil
	case w.JSONValue:
		return parseJSON(text)
	case w.Bytes:
		return []byte(text), nil
	}
	return text, nil
}

// parseJSON returns the value of a text, with integers as integers.
func parseJSON(text string) (any, error) {
	if !json.Valid([]byte(text)) {
		return nil, usageError("--json-value: the value is not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, usageError("--json-value: " + err.Error())
	}
	return numbers(v)
}

// numbers replaces the numbers in v, which came from JSON, by Go's.
func numbers(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, usageError("--json-value: a number is out of range")
		}
		return f, nil
	case []any:
		for i := range v {
			if v[i], err = numbers(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			if v[name], err = numbers(v[name]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

type setCommand struct{ writing }

// Run stores a value.
func (c *setCommand) Run(ctx context.Context, s *session) error {
	value, err := c.value(s.stdin)
	if err != nil {
		return err
	}
	return s.use(ctx, c.Alias, func(ctx context.Context, store *cache.BaseCache) error {
		if err := store.Set(ctx, c.Key, value, c.options()...); err != nil {
			return err
		}
		return s.out.result("stored", struct {
			keyed
			Stored bool `json:"stored"`
		}{c.result(), true})
	})
}

type addCommand struct{ writing }

// Run stores a value if nothing is there.
func (c *addCommand) Run(ctx context.Context, s *session) error {
	value, err := c.value(s.stdin)
	if err != nil {
		return err
	}
	return s.use(ctx, c.Alias, func(ctx context.Context, store *cache.BaseCache) error {
		added, err := store.Add(ctx, c.Key, value, c.options()...)
		if err != nil {
			return err
		}
		return s.out.answer(added, "added", fmt.Sprintf("%q is there already", c.Key), struct {
			keyed
			Added bool `json:"added"`
		}{c.result(), added})
	})
}
