package codec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// maxDepth is how deep a value may be nested, counting pointers and
// interfaces, so that nothing can be stored that cannot be read.
const maxDepth = 1000

// inspector finds values that an encoder would not refuse although it should:
//
//   - Those nested deeper than maxDepth, as a value is that refers to itself.
//     The CBOR library recurses without a limit when it encodes, and running
//     out of stack ends the process, which no recover stops.
//   - Those that hold a struct with fields of which none is encoded. Encoders
//     write it as an empty map, and what it held is lost.
//
// It looks only at what the encoder looks at: the rest of a value may belong
// to other goroutines. What can be known of a type is found out once; only
// values of types that can be nested without end are walked.
type inspector struct {
	marshalers []reflect.Type // a type with the methods of one encodes itself
	builtin    []reflect.Type // types that the encoder knows
	tags       []string       // the struct tags with a field's name; the first that is there counts
	advice     string         // which method a type needs to encode itself

	known sync.Map // reflect.Type to traits
}

// traits are what is known of all values of a type.
type traits struct {
	blind     reflect.Type // a struct within, none of whose fields is encoded; or nil
	unbounded bool         // it can be nested without end: it holds an interface, or refers to itself
	fields    []int        // of a struct: those that make it so
}

func (a traits) or(b traits) traits {
	if a.blind == nil {
		a.blind = b.blind
	}
	a.unbounded = a.unbounded || b.unbounded
	return a
}

// check returns an error that matches ErrUnencodable if v should be refused.
func (in *inspector) check(v any) error {
	if err := in.enter(v, maxDepth); err != nil {
		return fmt.Errorf("%w: %T %w", ErrUnencodable, v, err)
	}
	return nil
}

// errTooDeep completes the sentence that check begins.
var errTooDeep = fmt.Errorf("is nested deeper than %d levels; does it refer to itself?", maxDepth)

// enter examines a value of whose type nothing is known yet. What is decoded
// from JSON and its like is made of the types that it tells without reflection.
func (in *inspector) enter(v any, depth int) error {
	switch v := v.(type) {
	case nil, bool, string, float64, int, int64, uint64, []byte:
		return nil
	case []any:
		for _, elem := range v {
			if err := in.enterBelow(elem, depth); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for _, elem := range v {
			if err := in.enterBelow(elem, depth); err != nil {
				return err
			}
		}
		return nil
	}
	rv := reflect.ValueOf(v)
	if blind := in.traits(rv.Type()).blind; blind != nil {
		return fmt.Errorf("holds a %v, of which no field is encoded: export its fields, or give it %s", blind, in.advice)
	}
	return in.walk(rv, depth)
}

// enterBelow is enter for an element of a list or an object, which is a level
// with an interface below it.
func (in *inspector) enterBelow(v any, depth int) error {
	if depth < 2 {
		return errTooDeep
	}
	return in.enter(v, depth-2)
}

func (in *inspector) walk(v reflect.Value, depth int) error {
	t := in.traits(v.Type())
	switch {
	case !t.unbounded:
		return nil
	case depth == 0:
		return errTooDeep
	}
	depth--
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			return in.enter(v.Elem().Interface(), depth)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return in.walk(v.Elem(), depth)
		}
	case reflect.Struct:
		for _, i := range t.fields {
			if err := in.walk(v.Field(i), depth); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := in.walk(v.Index(i), depth); err != nil {
				return err
			}
		}
	case reflect.Map:
		if object, ok := v.Interface().(map[string]any); ok {
			return in.enter(object, depth+1)
		}
		for iter := v.MapRange(); iter.Next(); {
			if err := in.walk(iter.Key(), depth); err != nil {
				return err
			}
			if err := in.walk(iter.Value(), depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// traits returns the traits of t.
func (in *inspector) traits(t reflect.Type) traits {
	if known, ok := in.known.Load(t); ok {
		return known.(traits)
	}
	found := in.find(t, make(map[reflect.Type]bool))
	if found.unbounded && t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			f := t.Field(i)
			if in.howEncoded(f) != omitted && in.find(f.Type, make(map[reflect.Type]bool)).unbounded {
				found.fields = append(found.fields, i)
			}
		}
	}
	in.known.Store(t, found)
	return found
}

func (in *inspector) find(t reflect.Type, open map[reflect.Type]bool) traits {
	if in.encodesItself(t) {
		return traits{}
	}
	found := in.findBelow(t, open)
	if found.blind == nil && t.Kind() == reflect.Struct && in.isBlind(t) {
		found.blind = t
	}
	return found
}

// findBelow finds what the parts of t bring with them. In open are the types
// that it has met: true while it is below them, so that meeting one again
// means recursion.
func (in *inspector) findBelow(t reflect.Type, open map[reflect.Type]bool) (found traits) {
	if below, met := open[t]; met {
		return traits{unbounded: below}
	}
	open[t] = true
	defer func() { open[t] = false }()
	switch t.Kind() {
	case reflect.Interface:
		return traits{unbounded: true}
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return in.find(t.Elem(), open)
	case reflect.Map:
		return in.find(t.Key(), open).or(in.find(t.Elem(), open))
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			switch in.howEncoded(f) {
			case encoded:
				found = found.or(in.find(f.Type, open))
			case inlined:
				// That it is blind itself, like an embedded sync.Mutex, need
				// not matter to the struct around it.
				found = found.or(in.findBelow(indirect(f.Type), open))
			}
		}
	}
	return found
}

// isBlind reports whether t has fields and none of them is encoded.
func (in *inspector) isBlind(t reflect.Type) bool {
	omits := false
	for _, f := range reflect.VisibleFields(t) {
		if f.Name == "_" {
			continue
		}
		switch in.howEncoded(f) {
		case encoded:
			return false
		case omitted:
			omits = true
		}
	}
	return omits
}

func (in *inspector) encodesItself(t reflect.Type) bool {
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer {
		return false // what they refer to decides
	}
	if slices.Contains(in.builtin, t) {
		return true
	}
	return slices.ContainsFunc(in.marshalers, reflect.PointerTo(t).Implements)
}

// handling is what an encoder does with a field of a struct.
type handling int

const (
	omitted handling = iota
	encoded
	inlined // an embedded struct, whose fields count as those of the struct around it
)

// howEncoded follows the rules of encoding/json, which are also those of the
// CBOR library.
func (in *inspector) howEncoded(f reflect.StructField) handling {
	embedded := f.Anonymous && indirect(f.Type).Kind() == reflect.Struct
	if !f.IsExported() && !embedded {
		return omitted
	}
	tag := in.tag(f)
	if tag == "-" {
		return omitted
	}
	if name, _, _ := strings.Cut(tag, ","); embedded && name == "" {
		return inlined
	}
	return encoded
}

func (in *inspector) tag(f reflect.StructField) string {
	for _, name := range in.tags {
		if tag := f.Tag.Get(name); tag != "" {
			return tag
		}
	}
	return ""
}

func indirect(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}
