package fragment

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/larder-go/larder/internal/keys"
)

// ErrUnknown reports a fragment that no template of the set has the name of, or
// that has no name.
var ErrUnknown = errors.New("no such fragment")

// ErrVary reports a value that a fragment cannot depend on: nothing at all, or
// one of a type that has no text of its own, such as a struct or a map.
var ErrVary = errors.New("a fragment cannot depend on this value")

func unknown(name string) error {
	if name == "" {
		return fmt.Errorf("%w: the name is empty", ErrUnknown)
	}
	return fmt.Errorf("%w: no template is called %q", ErrUnknown, name)
}

// Key returns the key of a fragment in its cache, for programs that have the
// cache and not the templates. It is 52 bytes of ASCII, whatever the values. An
// empty name is [ErrUnknown], and a value that cannot be one [ErrVary].
//
//	key, err := fragment.Key("sidebar", "en")
//	...
//	_, err = cache.From(ctx, "fragments").Delete(ctx, key)
func Key(name string, vary ...any) (string, error) {
	canonical, err := canonicalKey(name, vary)
	if err != nil {
		return "", fmt.Errorf("fragment: %w", err)
	}
	return hashed(canonical), nil
}

// canonicalKey returns the name and the values, each with its length.
func canonicalKey(name string, vary []any) ([]byte, error) {
	if name == "" {
		return nil, unknown(name)
	}
	canonical := keys.AppendPart(nil, name)
	for i, v := range vary {
		text, err := textOf(v)
		if err != nil {
			return nil, fmt.Errorf("%q, value %d: %w", name, i+1, err)
		}
		canonical = keys.AppendPart(canonical, text)
	}
	return canonical, nil
}

func hashed(canonical []byte) string {
	const prefix = "fragment:"
	var key [len(prefix) + keys.HashSize]byte
	return string(keys.AppendHash(append(key[:0], prefix...), canonical))
}

// textOf returns the text by which a value is told from others. Floating-point
// numbers have several for what a template shows alike, and are refused.
func textOf(v any) (string, error) {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Pointer && value.IsNil() {
		return "", fmt.Errorf("%w: a nil %T", ErrVary, v)
	}
	if m, ok := v.(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrVary, err)
		}
		return string(text), nil
	}
	switch kind := value.Kind(); {
	case kind == reflect.String:
		return value.String(), nil
	case kind == reflect.Bool:
		return strconv.FormatBool(value.Bool()), nil
	case value.CanInt():
		return strconv.FormatInt(value.Int(), 10), nil
	case value.CanUint():
		return strconv.FormatUint(value.Uint(), 10), nil
	}
	return "", fmt.Errorf("%w: %T", ErrVary, v)
}
