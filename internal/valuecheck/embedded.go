package valuecheck

import "reflect"

// AllocateEmbedded prepares dst, a pointer, for another try to decode into it, and
// reports whether there is a chance. A struct that embeds a pointer to a type with
// methods has these methods, and they fail on the zero value of the struct, where the
// pointer is nil. Only dst itself can be prepared: what is in it is made by the
// decoder.
func (c *Checker) AllocateEmbedded(dst any) bool {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return false
	}
	t := v.Type().Elem()
	for range MaxDepth { // a type can be a pointer to itself
		if t.Kind() != reflect.Pointer {
			break
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || firstOf(c.Readers, reflect.PointerTo(t)) == nil {
		return false
	}
	for v = v.Elem(); v.Kind() == reflect.Pointer; v = v.Elem() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	v.SetZero()
	return allocateEmbedded(v)
}

// allocateEmbedded points the embedded pointers of v somewhere, and reports whether it
// is a struct that has any that it can set.
func allocateEmbedded(v reflect.Value) (done bool) {
	if v.Kind() != reflect.Struct {
		return false
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case !f.Anonymous:
		case f.Type.Kind() == reflect.Struct: // its methods are promoted, too
			done = allocateEmbedded(v.Field(i)) || done
		case f.Type.Kind() == reflect.Pointer && f.IsExported() && v.Field(i).CanSet():
			v.Field(i).Set(reflect.New(f.Type.Elem()))
			done = true
		}
	}
	return done
}

// decodeAllocated is Decode as the codec does it: with another try.
func (c *Checker) decodeAllocated(data []byte, dst any) error {
	err := c.tryDecode(c.Decode, data, dst)
	if err != nil && c.AllocateEmbedded(dst) {
		return c.tryDecode(c.Decode, data, dst)
	}
	return err
}
