package valuecheck

import (
	"fmt"
	"reflect"
	"unicode/utf8"
)

// Explain returns err, the codec's about v, with the path to the part that it is
// about. It encodes the parts of v one by one.
func (c *Checker) Explain(v any, err error) error {
	path, reason := c.locate(reflect.ValueOf(v), 0, (*Checker).failsToEncode)
	if reason == "" {
		return fmt.Errorf("%T: %w", v, err)
	}
	f := &fault{path: path, reason: reason}
	return fmt.Errorf("%w: %w", f.of(v), err)
}

// CheckText returns an error that names the part of v that is text and not UTF-8.
func (c *Checker) CheckText(v any) error {
	path, reason := c.locate(reflect.ValueOf(v), 0, invalidText)
	if reason == "" {
		return nil
	}
	return (&fault{path: path, reason: reason}).of(v)
}

// locate finds the first part of v that is wrong and has no part that is. The path
// has the last step first.
func (c *Checker) locate(v reflect.Value, depth int, wrong func(*Checker, reflect.Value) string) (path []string, reason string) {
	if depth > MaxDepth || !v.IsValid() {
		return nil, ""
	}
	var found []string
	c.eachPart(v, func(step string, part reflect.Value) bool {
		if found, reason = c.locate(part, depth+1, wrong); reason != "" && step != "" {
			found = append(found, step)
		}
		return reason == ""
	})
	if reason == "" {
		reason = wrong(c, v)
	}
	return found, reason
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

func (c *Checker) failsToEncode(v reflect.Value) string {
	if v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer || !v.CanInterface() {
		return ""
	}
	if _, err := c.tryEncode(v.Interface()); err != nil {
		return fmt.Sprintf("this %v cannot be encoded", v.Type())
	}
	return ""
}

func invalidText(_ *Checker, v reflect.Value) string {
	if v.Kind() == reflect.String && !utf8.ValidString(v.String()) {
		return "JSON has no text that is not UTF-8: use []byte, or the cbor codec"
	}
	return ""
}
