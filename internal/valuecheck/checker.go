// Package valuecheck finds the values that a codec would not give back as they
// were: those that it writes and cannot read, and those of which it would leave out
// or change a part. The codecs of package codec ask it before they encode; what is
// said of a codec here is that of encoding/json, whose rules the CBOR library
// follows.
//
// What can be told of a type is found out once for each type. Only values of types
// that hold interfaces, times, pointers to what can be nil, or that can be nested
// without end are looked at, and of these only such parts.
package valuecheck

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// MaxDepth is how deep a value may be nested, counting pointers and interfaces,
// so that nothing can be stored that cannot be read, and no encoder runs out of
// stack on a value that refers to itself.
const MaxDepth = 1000

// Rules are how a codec treats types.
type Rules struct {
	// Writers are the interfaces of types that encode themselves, the one that the
	// encoder prefers first, and Readers those of types that decode themselves.
	Writers, Readers []reflect.Type

	// Builtin are the types that the codec knows; their methods do not count.
	Builtin []reflect.Type

	// Tags are the struct tags with a field's name; the first that is there counts.
	Tags []string

	// Advice names the methods by which a type encodes and decodes itself.
	Advice string

	// Lossy are types that come back changed, with the reason, and Verified types
	// of which some values do: each value is encoded, decoded and compared.
	Lossy, Verified map[reflect.Type]string

	// Encode and Decode are the codec's own, without any check. They may panic.
	Encode func(v any) ([]byte, error)
	Decode func(data []byte, dst any) error

	// Null is how the codec writes nil.
	Null string

	// JSON says that maps have text for keys, that in an any every number is a
	// float64 and bytes and times are text, and that methods of pointers are not
	// called for the values of maps. Otherwise the zero time is written as nil.
	JSON bool
}

// Checker checks values for one codec. It is safe for concurrent use.
type Checker struct {
	Rules
	known sync.Map // place to *plan
}

// New returns a Checker.
func New(rules Rules) *Checker { return &Checker{Rules: rules} }

// Check returns an error that names the type, the field and the reason if v would
// not come back as it is. Of a pointer it looks at what that points to: package cache
// knows nil pointers from others before it asks a codec.
func (c *Checker) Check(v any) error {
	if f := c.enter(v, MaxDepth); f != nil {
		return f.of(v)
	}
	return nil
}

// fault is what is wrong with a part of a value.
type fault struct {
	path   []string // to the part, the last step first
	cut    bool     // steps are missing before the last keptSteps
	reason string
}

// maxSteps bounds the path of a fault, which has no end in a value that refers to
// itself. Of a longer one the first steps and the last keptSteps are told.
const maxSteps, keptSteps = 16, 4

func faultf(format string, args ...any) *fault { return &fault{reason: fmt.Sprintf(format, args...)} }

// in returns f as a fault of what has the faulty part at step, for example
// ".Name" or "[]".
func (f *fault) in(step string) *fault {
	if f == nil {
		return nil
	}
	path, cut := slices.Clone(f.path), f.cut
	if len(path) == maxSteps {
		path, cut = slices.Delete(path, keptSteps, keptSteps+1), true
	}
	return &fault{append(path, step), cut, f.reason}
}

// of returns f as the error of v.
func (f *fault) of(v any) error {
	if len(f.path) == 0 {
		return fmt.Errorf("%T: %s", v, f.reason)
	}
	var path strings.Builder
	for i := len(f.path) - 1; i >= 0; i-- {
		path.WriteString(f.path[i])
		if f.cut && i == keptSteps {
			path.WriteString("…")
		}
	}
	return fmt.Errorf("%T: %s: %s", v, strings.TrimPrefix(path.String(), "."), f.reason)
}

var errDepth = faultf("is nested deeper than %d levels; does it refer to itself?", MaxDepth)

func indirect(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// canBeNil reports whether t has a value that is written as nil.
func canBeNil(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	}
	return false
}
