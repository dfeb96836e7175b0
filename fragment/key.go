package fragment

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/larder-go/larder/internal/keys"
)

// ErrUnknown reports a fragment without a name, or whose name no template of the set
// has.
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
// empty name is [ErrUnknown], and a value that cannot be one [ErrVary]. If the set has a
// [KeyPrefix], see [PrefixedKey].
//
//	key, err := fragment.Key("sidebar", "en")
//	...
//	_, err = cache.From(ctx, "fragments").Delete(ctx, key)
func Key(name string, vary ...any) (string, error) { return PrefixedKey("", name, vary...) }

// PrefixedKey is [Key] for a set with that [KeyPrefix].
func PrefixedKey(prefix, name string, vary ...any) (string, error) {
	canonical, err := canonicalKey(prefix, name, vary)
	if err != nil {
		return "", fmt.Errorf("fragment: %w", err)
	}
	return hashed(canonical), nil
}

// canonicalKey returns the name and the values, each with its length. No name is empty,
// so what begins with an empty one has a prefix.
func canonicalKey(prefix, name string, vary []any) (canonical []byte, err error) {
	if name == "" {
		return nil, unknown(name)
	}
	if prefix != "" {
		canonical = keys.AppendPart(keys.AppendPart(nil, ""), prefix)
	}
	canonical = keys.AppendPart(canonical, name)
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

// maxPointers is how many pointers to pointers are followed.
const maxPointers = 8

// textOf returns the text by which a value is told from others. A pointer stands for
// what it points to, as in a template. Nil is refused: it is mostly a field that is not
// there, and all who lack it would share what is for one of them.
func textOf(v any) (string, error) {
	value := reflect.ValueOf(v)
	for range maxPointers {
		if value.Kind() != reflect.Pointer || value.IsNil() {
			break
		}
		if m, ok := value.Interface().(encoding.TextMarshaler); ok {
			return marshaled(m)
		}
		value = value.Elem()
	}
	if !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil() {
		return "", fmt.Errorf("%w: it is nil (%T); say what stands for nothing, as in {{or .Value \"none\"}}", ErrVary, v)
	}
	if m, ok := value.Interface().(encoding.TextMarshaler); ok {
		return marshaled(m)
	}
	return textOfKind(v, value)
}

func marshaled(m encoding.TextMarshaler) (string, error) {
	text, err := m.MarshalText()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrVary, err)
	}
	return string(text), nil
}

// textOfKind is textOf for a value without a text of its own. Numbers that are equal have
// the same text, whatever their type.
func textOfKind(v any, value reflect.Value) (string, error) {
	switch kind := value.Kind(); {
	case kind == reflect.String:
		return value.String(), nil
	case kind == reflect.Bool:
		return strconv.FormatBool(value.Bool()), nil
	case value.CanInt():
		return strconv.FormatInt(value.Int(), 10), nil
	case value.CanUint():
		return strconv.FormatUint(value.Uint(), 10), nil
	case value.CanFloat():
		return textOfFloat(value)
	}
	return "", fmt.Errorf("%w: a %T has no text; give a string, a boolean, a number or what has a MarshalText", ErrVary, v)
}

// textOfFloat returns the shortest decimal text of a number: that of 7.0 is "7".
func textOfFloat(value reflect.Value) (string, error) {
	f := value.Float()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", fmt.Errorf("%w: %v is not a number", ErrVary, f)
	}
	return strconv.FormatFloat(f, 'f', -1, value.Type().Bits()), nil
}
