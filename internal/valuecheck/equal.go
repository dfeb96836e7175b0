package valuecheck

import (
	"fmt"
	"reflect"
	"strings"
)

// difference returns the path of the first part in which b, which was decoded, is
// not a, or "". Only what a program can see of a type counts: exported fields, the
// instant of times.
func difference(a, b reflect.Value) string {
	path, differs := compare(a, b)
	if !differs {
		return ""
	}
	if path = strings.TrimPrefix(path, "."); path == "" {
		return "value"
	}
	return path
}

func compare(a, b reflect.Value) (path string, differs bool) {
	switch {
	case a.Type() == timeType:
		return "", !timeOf(a).Equal(timeOf(b))
	case a.Kind() == reflect.Struct:
		return compareStructs(a, b)
	case canBeNil(a.Type()) && a.IsNil() != b.IsNil():
		return "", true
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() {
			return "", false
		}
		return compare(a.Elem(), b.Elem())
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return "", true
		}
		for i := range a.Len() {
			if path, differs := compare(a.Index(i), b.Index(i)); differs {
				return fmt.Sprintf("[%d]%s", i, path), true
			}
		}
		return "", false
	case reflect.Float32, reflect.Float64:
		return "", a.Float() != b.Float() && (a.Float() == a.Float() || b.Float() == b.Float())
	}
	return "", !reflect.DeepEqual(a.Interface(), b.Interface())
}

func compareStructs(a, b reflect.Value) (path string, differs bool) {
	for i := range a.NumField() {
		f := a.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if path, differs := compare(a.Field(i), b.Field(i)); differs {
			return "." + f.Name + path, true
		}
	}
	return "", false
}
