package main

import (
	"context"
	"io"
	"unicode/utf8"

	"github.com/larder-go/larder/cache"
)

type getCommand struct {
	keyFlags
	Raw bool `help:"Write a string or bytes as they are, without a newline."`
}

// got is the result, as JSON.
type got struct {
	keyed
	Found    bool   `json:"found"`
	Type     string `json:"type,omitempty"`     // integer, text, bytes, value or nil
	Encoding string `json:"encoding,omitempty"` // base64, of text that is not UTF-8
	Value    any    `json:"value,omitempty"`    // bytes in base64
}

// Run prints a value.
func (c *getCommand) Run(ctx context.Context, s *session) error {
	return s.use(ctx, c.Alias, func(ctx context.Context, store *cache.BaseCache) error {
		var value any
		found, err := store.Get(ctx, c.Key, &value, c.options()...)
		if err != nil {
			return err
		}
		if !found {
			return s.out.no(c.notThere(), got{keyed: c.result()})
		}
		if c.Raw && !s.out.json {
			if done, err := writeRaw(s.out.raw, value); done {
				return err
			}
		}
		kind, shown := readable(value)
		text, err := asText(kind, shown)
		if err != nil {
			return err
		}
		result := got{keyed: c.result(), Found: true, Type: kind, Value: shown}
		if text, ok := value.(string); ok && !utf8.ValidString(text) {
			result.Encoding, result.Value = "base64", []byte(text) // JSON has no other form for it
		}
		return s.out.result(text, result)
	})
}

// writeRaw writes a string or bytes, and reports whether value is such.
func writeRaw(w io.Writer, value any) (done bool, err error) {
	switch v := value.(type) {
	case string:
		_, err = io.WriteString(w, v)
	case []byte:
		_, err = w.Write(v)
	default:
		return false, nil
	}
	return true, err
}
