package valuecheck

import (
	"reflect"
	"time"
)

// maxSampleDepth bounds how deep fillSample goes into a type that refers to itself.
const maxSampleDepth = 4

// fillSample sets v to a value that is not zero, and reports whether it could.
func fillSample(v reflect.Value, depth int) bool {
	if !v.CanSet() || depth > maxSampleDepth {
		return false
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.String:
		v.SetString("x")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fillSample(v.Elem(), depth+1) || !canBeNil(v.Type().Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fillSample(v.Index(0), depth+1)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		v.Set(reflect.MakeMap(v.Type()))
		if !fillSample(key, depth+1) {
			return false
		}
		fillSample(value, depth+1)
		v.SetMapIndex(key, value)
	case reflect.Array:
		return v.Len() > 0 && fillSample(v.Index(0), depth+1)
	case reflect.Struct:
		return sampleStruct(v, depth)
	default:
		return false
	}
	return true
}

// sampleStruct fills the first field of a struct that it can.
func sampleStruct(v reflect.Value, depth int) bool {
	if v.Type() == timeType {
		v.Set(reflect.ValueOf(time.Unix(1, 0).UTC()))
		return true
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() && fillSample(v.Field(i), depth+1) {
			return true
		}
	}
	return false
}
