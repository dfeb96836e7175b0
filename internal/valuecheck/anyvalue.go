package valuecheck

import (
	"encoding/json"
	"math/big"
	"reflect"
)

// enter looks at a value whose static type is its own. What is decoded from JSON and
// its like is made of the types that it tells without reflection.
func (c *Checker) enter(v any, depth int) *fault {
	switch v := v.(type) {
	case []any:
		for i, elem := range v {
			if depth < 2 { // an element is a level with an interface below it
				return errDepth
			}
			if f := c.underAny(elem, depth-2); f != nil {
				return f.in(indexStep(i))
			}
		}
		return nil
	case map[string]any:
		for key, elem := range v {
			if depth < 2 {
				return errDepth
			}
			if f := c.underAny(elem, depth-2); f != nil {
				return f.in(nameStep(key))
			}
		}
		return nil
	case nil, bool, string, float64, int, int64, uint64, []byte:
		return nil
	}
	return c.walkWhole(reflect.ValueOf(v), depth)
}

// underAny looks at a value that is in an interface without methods. Read back, a list
// there is a []any, a map a map[string]any, a number of any type an int64 or float64:
// what they hold is all there. But a struct, or what encodes itself, would be
// another thing, and so is a map with other keys than text.
func (c *Checker) underAny(v any, depth int) *fault {
	switch v := v.(type) {
	case nil, bool, string, float64:
		return nil
	case int:
		return c.integerUnderAny(int64(v))
	case int64:
		return c.integerUnderAny(v)
	case []any, map[string]any:
		return c.enter(v, depth)
	case []byte:
		if v != nil && c.JSON {
			return anyFault(v, "as text")
		}
		return nil
	}
	return c.valueUnderAny(reflect.ValueOf(v), depth)
}

func (c *Checker) valueUnderAny(v reflect.Value, depth int) *fault {
	t := v.Type()
	p := c.planOf(t, false)
	switch {
	case p.refused != nil:
		return p.refused
	case depth == 0:
		return errDepth
	case t == timeType:
		return c.timeUnderAny(v)
	case t == bigIntType && !c.JSON:
		return nil
	case t == numberType:
		return anyFault(v.Interface(), "as text or a float64")
	case p.self || t.Kind() == reflect.Struct:
		return anyFault(v.Interface(), "as something else")
	}
	switch t.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int, reflect.Int64:
		return c.integerUnderAny(v.Int())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint, reflect.Uint64, reflect.Uintptr:
		if v.Uint() > maxExact && c.JSON {
			return anyFault(v.Interface(), "rounded, as a float64")
		}
	case reflect.Pointer:
		return c.pointerUnderAny(v, depth-1)
	case reflect.Slice, reflect.Array:
		return c.listUnderAny(v, depth-1)
	case reflect.Map:
		return c.mapUnderAny(v, depth-1)
	}
	return nil
}

// maxExact is up to where a float64 has every integer.
const maxExact = 1 << 53

func (c *Checker) integerUnderAny(n int64) *fault {
	if c.JSON && (n > maxExact || n < -maxExact) {
		return anyFault(n, "rounded, as a float64")
	}
	return nil
}

func (c *Checker) timeUnderAny(v reflect.Value) *fault {
	if c.JSON {
		return anyFault(v.Interface(), "as text")
	}
	if timeOf(v).IsZero() {
		return anyFault(v.Interface(), "as nil if it is zero")
	}
	if reason := c.lookAtTime(v); reason != "" {
		return &fault{reason: reason}
	}
	return nil
}

func (c *Checker) pointerUnderAny(v reflect.Value, depth int) *fault {
	switch {
	case v.IsNil() || isNil(v.Elem()): // read back, a pointer is what it points to
		return nil
	case v.Elem().Kind() == reflect.Interface:
		return c.elemUnderAny(v.Elem(), depth)
	}
	return c.valueUnderAny(v.Elem(), depth)
}

func (c *Checker) listUnderAny(v reflect.Value, depth int) *fault {
	switch elem := v.Type().Elem(); {
	case elem.Kind() == reflect.Uint8:
		if c.JSON && v.Kind() == reflect.Slice {
			return anyFault(v.Interface(), "as text")
		}
		return nil
	case elem.Kind() == reflect.String || elem.Kind() == reflect.Bool || elem.Kind() == reflect.Float64:
		if !c.hasMethods(elem) && elem != numberType {
			return nil
		}
	}
	for i := range v.Len() {
		if f := c.elemUnderAny(v.Index(i), depth); f != nil {
			return f.in(indexStep(i))
		}
	}
	return nil
}

func (c *Checker) mapUnderAny(v reflect.Value, depth int) *fault {
	if key := v.Type().Key(); key.Kind() != reflect.String || c.hasMethods(key) {
		return faultf("an any holds a %v, whose keys are not text: give it a concrete type", v.Type())
	}
	elem := reflect.New(v.Type().Elem()).Elem()
	for iter := v.MapRange(); iter.Next(); {
		elem.SetIterValue(iter)
		if f := c.elemUnderAny(elem, depth); f != nil {
			return f.in(keyStep(iter.Key()))
		}
	}
	return nil
}

func (c *Checker) elemUnderAny(v reflect.Value, depth int) *fault {
	switch {
	case v.Kind() != reflect.Interface:
		return c.valueUnderAny(v, depth)
	case v.IsNil():
		return nil
	}
	return c.underAny(v.Interface(), depth)
}

// anyFault is why v cannot be stored in an interface without methods.
func anyFault(v any, how string) *fault {
	return faultf("an any holds a %T, which would come back %s: give it a concrete type", v, how)
}

var (
	bigIntType = reflect.TypeFor[big.Int]()
	numberType = reflect.TypeFor[json.Number]()
)
