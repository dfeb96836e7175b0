package valuecheck

import (
	"fmt"
	"reflect"
	"unicode/utf8"
)

// Explain returns err, the codec's about v, with the path to the part that it is
// about. It encodes the parts of v one by one.
func (c *Checker) Explain(v any, err error) error {
	path, reason := c.locate(reflect.ValueOf(v), 0, c.failsToEncode)
	if reason == "" {
		return fmt.Errorf("%T: %w", v, err)
	}
	return fmt.Errorf("%w: %w", (&fault{path, reason}).of(v), err)
}

// CheckText returns an error that names the part of v that is text and not UTF-8.
func (c *Checker) CheckText(v any) error {
	path, reason := c.locate(reflect.ValueOf(v), 0, invalidText)
	if reason == "" {
		return nil
	}
	return (&fault{path, reason}).of(v)
}

// locate finds the first part of v that is wrong and has no part that is, and what
// is wrong with it. The path has the last step first. What wrong says of a value is
// final if it says that no part of it can be wrong.
func (c *Checker) locate(v reflect.Value, depth int, wrong func(reflect.Value) (reason string, final bool)) (path []string, reason string) {
	if depth > MaxDepth || !v.IsValid() {
		return nil, ""
	}
	own, final := wrong(v)
	if final {
		return nil, own
	}
	c.eachPart(v, func(step string, part reflect.Value) bool {
		if path, reason = c.locate(part, depth+1, wrong); reason != "" && step != "" {
			path = append(path, step)
		}
		return reason == ""
	})
	if reason == "" {
		reason = own
	}
	return path, reason
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

func invalidText(v reflect.Value) (reason string, final bool) {
	if v.Kind() == reflect.String && !utf8.ValidString(v.String()) {
		return "JSON has no text that is not UTF-8: use []byte, or the cbor codec", true
	}
	return "", false
}
