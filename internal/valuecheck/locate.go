package valuecheck

import (
	"fmt"
	"reflect"
	"unicode/utf8"
)

// Explain returns err, the codec's about v, with the path to the part that it is
// about. It encodes the parts of v one by one.
func (c *Checker) Explain(v any, err error) error {
	f := c.locate(reflect.ValueOf(v), 0, c.failsToEncode)
	if f == nil {
		return fmt.Errorf("%T: %w", v, err)
	}
	return fmt.Errorf("%w: %w", f.of(v), err)
}

// CheckText returns an error that names the part of v that is text and not UTF-8.
func (c *Checker) CheckText(v any) error {
	if f := c.locate(reflect.ValueOf(v), 0, c.changesText); f != nil {
		return f.of(v)
	}
	return nil
}

// locate finds the first part of v that is wrong and has no part that is, and what
// is wrong with it. What wrong says of a value is final if it says that no part of it
// can be wrong.
func (c *Checker) locate(v reflect.Value, depth int, wrong func(reflect.Value) (reason string, final bool)) (found *fault) {
	if depth > MaxDepth || !v.IsValid() {
		return nil
	}
	reason, final := wrong(v)
	if !final {
		c.eachPart(v, func(step string, part reflect.Value) bool {
			if found = c.locate(part, depth+1, wrong); step != "" {
				found = found.in(step)
			}
			return found == nil
		})
	}
	if found == nil && reason != "" {
		found = &fault{reason: reason}
	}
	return found
}

// eachPart calls do with what v is made of, until it returns false.
func (c *Checker) eachPart(v reflect.Value, do func(step string, part reflect.Value) bool) {
	t := v.Type()
	if t == timeType || c.hasMethods(t) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			do("", v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if !do(indexStep(i), v.Index(i)) {
				return
			}
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			if !do("[key]", iter.Key()) || !do(keyStep(iter.Key()), iter.Value()) {
				return
			}
		}
	case reflect.Struct:
		c.eachField(v, do)
	}
}

func (c *Checker) eachField(v reflect.Value, do func(step string, part reflect.Value) bool) {
	for _, f := range c.planOf(v.Type(), true).fields {
		part, err := v.FieldByIndexErr(f.index)
		if err == nil && !f.mustBeZero && !do("."+f.path, part) {
			return
		}
	}
}

func (c *Checker) failsToEncode(v reflect.Value) (reason string, final bool) {
	if !v.CanInterface() {
		return "", true
	}
	if _, err := c.tryEncode(v.Interface()); err == nil {
		return "", true
	}
	return fmt.Sprintf("this %v cannot be encoded", v.Type()), false
}

// changesText finds text that encoding/json changes, since it is not UTF-8.
func (c *Checker) changesText(v reflect.Value) (reason string, final bool) {
	const advice = "JSON has no text that is not UTF-8: use []byte, or the cbor codec"
	switch {
	case v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface:
	case c.hasMethods(v.Type()):
		if c.isWrittenOtherwise(v) {
			return fmt.Sprintf("%v writes text that is not as it was when it has been read: %s", v.Type(), advice), true
		}
		return "", true
	case v.Kind() == reflect.String && !utf8.ValidString(v.String()):
		return advice, true
	case v.Kind() == reflect.Map && c.hasMethods(v.Type().Key()):
		for iter := v.MapRange(); iter.Next(); {
			if entry := mapOfOne(iter.Key()); c.isWrittenOtherwise(entry) {
				return fmt.Sprintf("a key of the type %v is another one when it has been read: %s", v.Type().Key(), advice), true
			}
		}
	}
	return "", false
}

// isWrittenOtherwise reports whether v, once it has been written and read, is written
// otherwise. What is in a value with methods of its own cannot be seen in another way.
// It suffices for text: encoding/json writes a byte that is not UTF-8 as an escape,
// and the character that is read of it as it is.
func (c *Checker) isWrittenOtherwise(v reflect.Value) bool {
	data, back, err := c.roundTrip(addressableCopy(v), c.decodeAllocated)
	if data == nil || err != nil {
		return false // that is told where it is tried
	}
	again, err := c.tryEncode(back.Interface())
	return err != nil || string(data) != string(again)
}
