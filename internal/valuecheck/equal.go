package valuecheck

import (
	"math/big"
	"reflect"
	"strings"
)

// comparison compares a value with what was decoded of it, by the rules of what may
// come back otherwise.
type comparison struct {
	*Checker
	seen map[visit]bool // values that are compared or have been: they may refer to themselves
}

type visit struct {
	typ       reflect.Type
	len       int
	at, other uintptr
}

// difference returns the path of the first part in which b, which was decoded, is not
// a, or "". Only what a program can see of a type, and the codec stores, counts.
func difference(c *Checker, a, b reflect.Value) string {
	compared := comparison{Checker: c}
	path, differs := compared.compare(a, b)
	if !differs {
		return ""
	}
	if path = strings.TrimPrefix(path, "."); path == "" {
		return "value"
	}
	return path
}

func (c *comparison) compare(a, b reflect.Value) (path string, differs bool) {
	switch {
	case a.Type() == timeType:
		return "", !timeOf(a).Equal(timeOf(b))
	case a.Type() == bigIntType:
		x, y := a.Interface().(big.Int), b.Interface().(big.Int)
		return "", x.Cmp(&y) != 0
	case c.JSON && a.Type() == rawMessageType:
		return "", !sameJSON(a.Bytes(), b.Bytes())
	case a.Kind() == reflect.Struct:
		return c.compareStructs(a, b)
	case a.Kind() == reflect.Interface:
		return c.compareInterfaces(a, b)
	case canBeNil(a.Type()) && (a.IsNil() || b.IsNil()):
		return "", a.IsNil() != b.IsNil()
	case c.isSeen(a, b):
		return "", false
	}
	switch a.Kind() {
	case reflect.Pointer:
		return c.compare(a.Elem(), b.Elem())
	case reflect.Slice, reflect.Array:
		return c.compareLists(a, b, false)
	case reflect.Map:
		return c.compareMaps(a, b, false)
	case reflect.Float32, reflect.Float64:
		return "", a.Float() != b.Float() && (a.Float() == a.Float() || b.Float() == b.Float())
	}
	return "", !reflect.DeepEqual(a.Interface(), b.Interface())
}

// isSeen reports whether a and b, which are not nil, are being compared already.
func (c *comparison) isSeen(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() || !canBeNil(a.Type()) {
		return false
	}
	at := visit{typ: a.Type(), at: a.Pointer(), other: b.Pointer()}
	if a.Kind() == reflect.Slice {
		at.len = a.Len()
	}
	if c.seen[at] {
		return true
	}
	if c.seen == nil {
		c.seen = make(map[visit]bool)
	}
	c.seen[at] = true
	return false
}

// compareStructs compares the fields that are stored: exported ones, and those of what
// is embedded.
func (c *comparison) compareStructs(a, b reflect.Value) (path string, differs bool) {
	for i := range a.NumField() {
		f := a.Type().Field(i)
		tag, from := c.tag(f)
		_, options, _ := strings.Cut(tag, ",")
		switch x, y := a.Field(i), b.Field(i); {
		case !f.IsExported() && (!f.Anonymous || f.Type.Kind() != reflect.Struct):
		case tag == "-" && from == c.Tags[0]:
		case hasOption(options, "omitempty") && isEmpty(x) && isEmpty(y):
		default:
			if path, differs := c.compare(x, y); differs {
				return "." + f.Name + path, true
			}
		}
	}
	return "", false
}

// compareLists compares lists, of which only the content counts if they are in an any.
func (c *comparison) compareLists(a, b reflect.Value, content bool) (path string, differs bool) {
	if a.Len() != b.Len() {
		return "", true
	}
	for i := range a.Len() {
		if path, differs := c.comparePart(a.Index(i), b.Index(i), content); differs {
			return indexStep(i) + path, true
		}
	}
	return "", false
}

// comparePart compares parts of lists and maps.
func (c *comparison) comparePart(a, b reflect.Value, content bool) (path string, differs bool) {
	if content {
		return c.compareContent(a, b)
	}
	return c.compare(a, b)
}

// compareMaps is compareLists for maps.
func (c *comparison) compareMaps(a, b reflect.Value, content bool) (path string, differs bool) {
	if a.Len() != b.Len() {
		return "", true
	}
	for iter := a.MapRange(); iter.Next(); {
		key := iter.Key()
		if !key.Type().AssignableTo(b.Type().Key()) {
			key = key.Convert(b.Type().Key()) // in an any, keys are of the type string
		}
		other := b.MapIndex(key)
		if !other.IsValid() {
			return keyStep(key), true
		}
		if path, differs := c.comparePart(iter.Value(), other, content); differs {
			return keyStep(key) + path, true
		}
	}
	return "", false
}

// hasOption reports whether the options of a struct tag name option.
func hasOption(options, option string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == option {
			return true
		}
	}
	return false
}
