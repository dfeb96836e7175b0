package valuecheck

import (
	"fmt"
	"reflect"
	"strings"
)

// tryOne is tryValue, with advice for types whose methods are those of what they embed.
func (c *Checker) tryOne(v reflect.Value, lender string, decode func([]byte, any) error) string {
	t := v.Type().Elem()
	data, back, err := c.roundTrip(v, decode)
	switch {
	case data == nil:
		return ""
	case err != nil:
		back = reflect.New(t)
		if c.decodeAllocated(data, back.Interface()) == nil && difference(c, v.Elem(), back.Elem()) == "" {
			return fmt.Sprintf("%v embeds a pointer whose methods would be called on nil: %v; embed what it points to, or give the type %s", t, err, c.Advice)
		}
		return cannotRead(t, err)
	}
	lost := difference(c, v.Elem(), back.Elem())
	if first, _, _ := strings.Cut(lost, "."); lost != "" && lender != "" && first != lender {
		return fmt.Sprintf("the methods of the embedded %s write and read %v, and leave out its field %s: give the type %s, or name the embedded field", lender, t, lost, c.Advice)
	}
	return readsAnother(t, lost)
}

// tryValue encodes what v points to, decodes it and compares. It returns what was
// encoded, nil if it cannot be, and what was wrong with reading it.
func (c *Checker) tryValue(v reflect.Value, decode func([]byte, any) error) (data []byte, failed string) {
	data, back, err := c.roundTrip(v, decode)
	switch {
	case data == nil:
		return nil, "" // such a value cannot be stored
	case err != nil:
		return data, cannotRead(v.Type().Elem(), err)
	}
	return data, readsAnother(v.Type().Elem(), difference(c, v.Elem(), back.Elem()))
}

// roundTrip encodes what v points to and decodes it again. If it cannot be encoded data
// is nil; err is the decoder's.
func (c *Checker) roundTrip(v reflect.Value, decode func([]byte, any) error) (data []byte, back reflect.Value, err error) {
	back = reflect.New(v.Type().Elem())
	if data, err = c.tryEncode(v.Interface()); err != nil {
		return nil, back, nil
	}
	return data, back, c.tryDecode(decode, data, back.Interface())
}

func cannotRead(t reflect.Type, err error) string {
	return fmt.Sprintf("%v cannot read what it writes of this value: %v", t, err)
}

// readsAnother is what is wrong if lost is the part that is different; "" if none is.
func readsAnother(t reflect.Type, lost string) string {
	if lost == "" {
		return ""
	}
	return fmt.Sprintf("%v reads another value than it writes: its %s is different", t, lost)
}

// addressableCopy returns a pointer to a copy of v.
func addressableCopy(v reflect.Value) reflect.Value {
	copied := reflect.New(v.Type())
	copied.Elem().Set(v)
	return copied
}

// writesNull reports whether v is written as nil.
func (c *Checker) writesNull(v reflect.Value) bool {
	data, err := c.tryEncode(addressableCopy(v).Interface())
	return err == nil && string(data) == c.Null
}

func (c *Checker) tryEncode(v any) (data []byte, err error) {
	defer recovered(&err)
	return c.Encode(v)
}

func (c *Checker) tryDecode(decode func([]byte, any) error, data []byte, dst any) (err error) {
	defer recovered(&err)
	return decode(data, dst)
}

// recovered, deferred, makes a panic an error.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("panic: %v", v)
	}
}
