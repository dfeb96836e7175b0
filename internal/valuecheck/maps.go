package valuecheck

import (
	"encoding"
	"fmt"
	"reflect"
	"time"
)

func (c planner) fillMap(p *plan, t reflect.Type) {
	p.contain(c.plan(t.Elem(), false), "[]")
	if c.JSON && t.Key().Kind() == reflect.String {
		c.fillStringKey(p, t.Key())
		return
	}
	key := c.plan(t.Key(), false)
	if f := c.keyFault(t.Key()); f != nil {
		p.refused = f
		return
	}
	if key.refused != nil {
		p.refused = key.refused.in("[key]")
		return
	}
	if key.visited || hasPointers(t.Key()) {
		p.key, p.visited = key, true
	}
}

// fillStringKey is for keys that encoding/json writes as they are, whatever methods
// they have, and reads with UnmarshalText if they have that: then each is tried.
func (c planner) fillStringKey(p *plan, t reflect.Type) {
	if !reflect.PointerTo(t).Implements(textUnmarshaler) {
		return
	}
	p.visited = true
	p.key = &plan{typ: t, visited: true, look: func(key reflect.Value) string {
		if c.isFoundAgain(key) {
			return ""
		}
		return fmt.Sprintf("JSON writes the key %.40q without MarshalText, and UnmarshalText of %v reads another of it or none: use another type of keys, or the cbor codec", key.String(), t)
	}}
}

// keyFault says why values of t cannot be keys of a map: their equals could not be
// found again.
func (c planner) keyFault(t reflect.Type) *fault {
	if c.JSON {
		return c.textKeyFault(t)
	}
	switch {
	case t == timeType || c.hasMethods(t):
		return nil
	case t.Kind() == reflect.Interface && t.NumMethod() > 0, t.Kind() == reflect.Pointer, t.Kind() == reflect.Chan:
		return faultf("keys of the type %v could not be found again: use text or numbers", t)
	case t.Kind() == reflect.Array:
		return c.keyFault(t.Elem())
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if tag, _ := c.tag(f); !f.IsExported() || tag == "-" || f.Type.Kind() == reflect.Interface {
				return faultf("keys of the type %v lose their field %s: use keys whose fields are all encoded", t, f.Name)
			}
			if fault := c.keyFault(f.Type); fault != nil {
				return fault
			}
		}
	}
	return nil
}

// textKeyFault is keyFault where keys are text, by the rules of encoding/json, for other
// types than strings.
func (c planner) textKeyFault(t reflect.Type) *fault {
	writes, reads := t.Implements(textMarshaler), reflect.PointerTo(t).Implements(textUnmarshaler)
	if writes && reads || isInteger(t) && !writes && !reads {
		return nil
	}
	return faultf("JSON has no keys of the type %v: use text or integers, or the cbor codec", t)
}

var (
	textMarshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func isInteger(t reflect.Type) bool {
	return reflect.Zero(t).CanInt() || reflect.Zero(t).CanUint()
}

// lookAtKey looks at a key of a map. A key that comes back with the same meaning is
// not enough: it has to be equal.
func (c *Checker) lookAtKey(p *plan, key reflect.Value, depth int) *fault {
	switch {
	case p.typ == timeType:
		if t := timeOf(key); t != t.Round(0).UTC() || t.IsZero() && !c.JSON {
			return faultf("a time is found again as a key only if it is in UTC, has no monotonic reading and is not zero: use t.UTC().Round(0), or its Unix()")
		}
	case key.Kind() == reflect.Interface:
		switch v := key.Interface().(type) {
		case nil, string, bool, int64, float64:
			return nil
		default:
			return faultf("a key of the type %T in an any comes back as another key: use text, bool, int64 or float64", v)
		}
	case key.Kind() == reflect.Struct && !p.self:
		return p.eachField(key, true, func(p *plan, part reflect.Value) *fault { return c.lookAtKey(p, part, depth) })
	case key.Kind() == reflect.Array && !p.self:
		for i := range key.Len() {
			if fault := c.lookAtKey(p.elem, key.Index(i), depth); fault != nil {
				return fault.in("[]")
			}
		}
		return nil
	}
	if p.self && hasPointers(key.Type()) && !c.isFoundAgain(key) {
		return faultf("a key of the type %v comes back as another key: use its text", key.Type())
	}
	return c.walk(p, key, depth)
}

// isFoundAgain reports whether key is equal to what is read of it.
func (c *Checker) isFoundAgain(key reflect.Value) bool {
	data, back, err := c.roundTrip(addressableCopy(mapOfOne(key)), c.Decode)
	if data == nil {
		return true // the encoder is going to tell
	}
	return err == nil && back.Elem().MapIndex(key).IsValid()
}

// mapOfOne returns a map that has key, so that it is written as a key.
func mapOfOne(key reflect.Value) reflect.Value {
	m := reflect.MakeMap(reflect.MapOf(key.Type(), reflect.TypeFor[bool]()))
	m.SetMapIndex(key, reflect.ValueOf(true))
	return m
}

// hasPointers reports whether == compares values of t by what they point to.
func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Chan, reflect.UnsafePointer:
		return true
	case reflect.Array:
		return hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

func timeOf(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *v.Addr().Interface().(*time.Time)
	}
	return v.Interface().(time.Time)
}
