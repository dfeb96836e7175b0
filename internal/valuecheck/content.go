package valuecheck

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// compareInterfaces compares what two interfaces hold. In one without methods it is the
// content that comes back, and not the type.
func (c *comparison) compareInterfaces(a, b reflect.Value) (path string, differs bool) {
	switch {
	case a.NumMethod() == 0:
		return c.compareContent(a, b)
	case a.IsNil() || b.IsNil():
		return "", a.IsNil() != b.IsNil()
	case a.Elem().Type() != b.Elem().Type():
		return "", true
	}
	return c.compare(a.Elem(), b.Elem())
}

// compareContent is compare for values in an any, which are of different types if they
// are a number, a list, a map or a pointer.
func (c *comparison) compareContent(a, b reflect.Value) (path string, differs bool) {
	a, b = content(a), content(b)
	switch {
	case !a.IsValid() || !b.IsValid():
		return "", a.IsValid() != b.IsValid()
	case a.Kind() != reflect.Slice && a.Kind() != reflect.Map && a.Type() == b.Type():
		return c.compare(a, b)
	case a.Kind() == reflect.Bool && b.Kind() == reflect.Bool:
		return "", a.Bool() != b.Bool()
	case a.Kind() == reflect.String && b.Kind() == reflect.String:
		return "", a.String() != b.String()
	case c.isSeen(a, b):
		return "", false
	case isList(a) && isList(b):
		return c.compareLists(a, b, true)
	case hasTextKeys(a) && hasTextKeys(b):
		return c.compareMaps(a, b, true)
	}
	return "", !sameNumber(a, b)
}

// content returns what v is or leads to by pointers and interfaces; the zero Value if
// that is nil.
func content(v reflect.Value) reflect.Value {
	for range MaxDepth {
		if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
			break
		}
		v = v.Elem()
	}
	if v.IsValid() && canBeNil(v.Type()) && v.IsNil() {
		return reflect.Value{}
	}
	return v
}

func isList(v reflect.Value) bool { return v.Kind() == reflect.Slice || v.Kind() == reflect.Array }

func hasTextKeys(v reflect.Value) bool {
	return v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String
}

// sameNumber reports whether b, an int64 or a float64, is the number a.
func sameNumber(a, b reflect.Value) bool {
	switch {
	case a.CanInt() && b.CanInt():
		return a.Int() == b.Int()
	case a.CanUint() && b.CanInt():
		return b.Int() >= 0 && a.Uint() == uint64(b.Int())
	case a.CanInt() && b.CanFloat():
		return -maxExact <= a.Int() && a.Int() <= maxExact && float64(a.Int()) == b.Float()
	case a.CanUint() && b.CanFloat():
		return a.Uint() <= maxExact && float64(a.Uint()) == b.Float()
	case a.Kind() == reflect.Float32 && b.CanFloat(): // JSON has the shortest number that is this float32
		return float32(a.Float()) == float32(b.Float())
	case a.CanFloat() && b.CanFloat():
		return a.Float() == b.Float()
	}
	return false
}

var rawMessageType = reflect.TypeFor[json.RawMessage]()

// sameJSON reports whether a and b are the same JSON, blanks aside. Nothing is null.
func sameJSON(a, b []byte) bool { return bytes.Equal(compactJSON(a), compactJSON(b)) }

func compactJSON(data []byte) []byte {
	var to bytes.Buffer
	if data == nil || json.Compact(&to, data) != nil {
		return []byte("null")
	}
	return to.Bytes()
}
