package valuecheck

import "reflect"

// isZeroer is what the option omitzero asks.
type isZeroer interface{ IsZero() bool }

var zeroerType = reflect.TypeFor[isZeroer]()

func hasIsZero(t reflect.Type) bool {
	return t.Implements(zeroerType) || reflect.PointerTo(t).Implements(zeroerType)
}

// isLostAsZero reports whether v says that it is zero and is not what is read of
// nothing, such as a pointer to the zero time.
func (c *Checker) isLostAsZero(v reflect.Value) bool {
	return saysZero(v) && difference(c, v, reflect.Zero(v.Type())) != ""
}

// saysZero returns what the method IsZero of v says, or of a pointer to v.
func saysZero(v reflect.Value) (is bool) {
	defer func() {
		if recover() != nil {
			is = false // the encoder is going to tell
		}
	}()
	z, ok := v.Interface().(isZeroer)
	if !ok {
		z, ok = addressableCopy(v).Interface().(isZeroer)
	}
	return ok && z.IsZero()
}
