package cache

import (
	"errors"
	"fmt"
	"reflect"
)

// The functions of this file store a value in what dst points to. A dst that
// does not fit is ErrWrongType; the common types take no reflection.

func wrongType(v any, want string) error {
	return fmt.Errorf("%w than %s: it is %T", ErrWrongType, want, v)
}

// pointee returns what dst points to.
func pointee(dst any) (reflect.Value, error) {
	rv := reflect.ValueOf(dst)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return rv, fmt.Errorf("%w: the destination must be a non-nil pointer, not %T", ErrWrongType, dst)
	}
	return rv.Elem(), nil
}

// target is pointee with the pointers in it allocated, so that an *int can be
// read where an int was stored. Pointers that are there already are replaced,
// since what they point to may be in use elsewhere.
func target(dst any) (reflect.Value, error) {
	rv, err := pointee(dst)
	if err == nil && leadsNowhere(rv.Type()) {
		return rv, errLeadsNowhere(rv.Type())
	}
	for err == nil && rv.Kind() == reflect.Pointer {
		rv.Set(reflect.New(rv.Type().Elem()))
		rv = rv.Elem()
	}
	return rv, err
}

// maxPointers is up to how many pointers are followed.
const maxPointers = 100

// leadsNowhere reports whether t leads only to pointers, as type P *P does,
// which has no value other than nil that can be read.
func leadsNowhere(t reflect.Type) bool {
	for range maxPointers {
		if t.Kind() != reflect.Pointer {
			return false
		}
		t = t.Elem()
	}
	return true
}

func errLeadsNowhere(t reflect.Type) error {
	return fmt.Errorf("%w than %v, which leads only to pointers", ErrWrongType, t)
}

// assignDirectly stores v in a *T or an *any, and reports whether dst is one.
func assignDirectly[T any](dst any, v T) bool {
	switch d := dst.(type) {
	case *T:
		if d != nil {
			*d = v
			return true
		}
	case *any:
		if d != nil {
			*d = v
			return true
		}
	}
	return false
}

func assignInteger(dst any, n int64) error {
	if assignDirectly(dst, n) {
		return nil
	}
	rv, err := target(dst)
	switch {
	case err != nil:
		return err
	case rv.CanInt() && !rv.OverflowInt(n):
		rv.SetInt(n)
	case rv.CanUint() && n >= 0 && !rv.OverflowUint(uint64(n)):
		rv.SetUint(uint64(n))
	case rv.Kind() == reflect.Interface && rv.NumMethod() == 0:
		rv.Set(reflect.ValueOf(n))
	default:
		return fmt.Errorf("%w than %v: it is the integer %d", ErrWrongType, rv.Type(), n)
	}
	return nil
}

func assignString(dst any, s string) error {
	if assignDirectly(dst, s) {
		return nil
	}
	rv, err := target(dst)
	switch {
	case err != nil:
		return err
	case rv.Kind() == reflect.String:
		rv.SetString(s)
	case rv.Kind() == reflect.Interface && rv.NumMethod() == 0:
		rv.Set(reflect.ValueOf(s))
	default:
		return wrongType(s, rv.Type().String())
	}
	return nil
}

// assignBytes gives b itself away.
func assignBytes(dst any, b []byte) error {
	if assignDirectly(dst, b) {
		return nil
	}
	rv, err := target(dst)
	switch {
	case err != nil:
		return err
	case rv.Kind() == reflect.Slice && rv.Type().Elem().Kind() == reflect.Uint8:
		rv.SetBytes(b)
	case rv.Kind() == reflect.Interface && rv.NumMethod() == 0:
		rv.Set(reflect.ValueOf(b))
	default:
		return wrongType(b, rv.Type().String())
	}
	return nil
}

func assignNil(dst any) error {
	rv, err := pointee(dst)
	if err != nil {
		return err
	}
	switch rv.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		rv.SetZero()
		return nil
	}
	return fmt.Errorf("%w: a %v cannot be nil", ErrNilValue, rv.Type())
}

// nativeAssigner is what a [View] knows of the type of its values.
type nativeAssigner interface {
	// assign stores a native value in what dst points to without reflection, or
	// reports that it does not know their types.
	assign(dst, native any) bool

	// canRead reports whether something can be read into a value of the view: not if it is
	// an interface with methods.
	canRead() bool

	// asRead returns v, a value of the view that can be read, as one of the type that it is
	// read into: if that is an interface, a pointer to it.
	asRead(v any) any
}

// assignNative stores a shared Go value. The typed views bring an assigner.
func assignNative(dst, native any, o *options) error {
	if o.assigner != nil && o.assigner.assign(dst, native) {
		return nil
	}
	rv, err := pointee(dst)
	if err != nil {
		return err
	}
	value := reflect.ValueOf(native)
	if !value.Type().AssignableTo(rv.Type()) {
		return wrongType(native, rv.Type().String())
	}
	rv.Set(value)
	return nil
}

// isWrongType reports whether err says that an entry can be read, and not into
// what was asked for.
func isWrongType(err error) bool {
	return errors.Is(err, ErrWrongType) || errors.Is(err, ErrNilValue)
}

// wrongTypeAsMiss makes err, of reading into dst, one that matches ErrCorrupt if
// the entry is of another type. That dst is no pointer is the caller's mistake.
func wrongTypeAsMiss(err error, dst any) error {
	if _, mistake := pointee(dst); mistake != nil || !isWrongType(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

// corruptUnlessWrongType turns the error of a codec into the core's.
func corruptUnlessWrongType(err error) error {
	if err == nil || errors.Is(err, ErrWrongType) || isPanic(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
