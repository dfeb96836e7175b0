package valuecheck

import (
	"fmt"
	"reflect"
	"slices"
)

// hasMethods reports whether values of t encode or decode themselves.
func (c *Checker) hasMethods(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return false // what they refer to decides
	}
	return firstOf(c.Writers, reflect.PointerTo(t)) != nil || firstOf(c.Readers, reflect.PointerTo(t)) != nil
}

// firstOf returns the first of interfaces that t implements, or nil.
func firstOf(interfaces []reflect.Type, t reflect.Type) reflect.Type {
	if i := slices.IndexFunc(interfaces, t.Implements); i >= 0 {
		return interfaces[i]
	}
	return nil
}

// methodOf is the name of the one method of an interface such as json.Marshaler.
func methodOf(t reflect.Type) string { return t.Method(0).Name }

// fillSelf is fill for types with methods of their own.
func (c planner) fillSelf(p *plan, t reflect.Type, addressable bool) {
	writer, reader := firstOf(c.Writers, reflect.PointerTo(t)), firstOf(c.Readers, reflect.PointerTo(t))
	switch {
	case writer == nil:
		if c.fillKind(p, t, addressable); p.refused != nil {
			return
		}
	case reader == nil:
		p.refused = faultf("%v has %s and no method that reads what that writes: give it %s", t, methodOf(writer), c.Advice)
		return
	case !addressable && firstOf(c.Writers, t) != writer:
		p.refused = faultf("%s of *%v is not called for the values of a map: use a map of pointers", methodOf(writer), t)
		return
	default:
		p.self = true
		c.lookAtTimesIn(p, t)
	}
	c.probe(p, t)
}

// lookAtTimesIn has the exported times of a struct looked at, which its own methods
// mostly write as the codec does. Methods of an embedded time keep the instant of a
// zone with seconds in CBOR, but west of Greenwich not the zone.
func (c planner) lookAtTimesIn(p *plan, t reflect.Type) {
	if t.Kind() != reflect.Struct {
		return
	}
	var times []int
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Type == timeType {
			times = append(times, i)
		}
	}
	if times == nil {
		return
	}
	p.visited = true
	p.look = func(v reflect.Value) string {
		for _, i := range times {
			if reason := c.lookAtTime(v.Field(i)); reason != "" {
				return reason
			}
		}
		return ""
	}
}

// probe tries the methods of t on values that it makes up: whether a method is the
// type's own or that of an embedded field, which knows nothing of the other fields,
// and whether it is right, cannot be seen otherwise.
//
//   - The zero value. If it does not come back, as a null that is written as no bytes
//     and refused by its own type, each value is tried when it is stored.
//   - One with its embedded pointers allocated. If it does not come back, the methods
//     are those of what is pointed to, and were called on nil.
//   - One with the fields beside an embedded one that has such methods filled. If they
//     do not come back they would be lost.
func (c planner) probe(p *plan, t reflect.Type) {
	zero := reflect.New(t)
	data, failed := c.tryValue(zero, c.Decode)
	if failed != "" {
		c.tryEach(p)
	}
	p.null = string(data) == c.Null
	if t.Kind() != reflect.Struct {
		return
	}
	if allocated := reflect.New(t); allocateEmbedded(allocated.Elem()) {
		if _, failed := c.tryValue(allocated, c.Decode); failed != "" {
			p.refusedBelow = faultf("%v embeds a pointer whose methods would be called on nil: %s; embed what it points to, or give the type %s", t, failed, c.Advice)
		}
	}
	c.probeSiblings(p, t)
}

// probeSiblings is the third try of probe, for each embedded field whose methods may
// be those of t.
func (c planner) probeSiblings(p *plan, t reflect.Type) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && c.hasMethods(indirect(f.Type)) {
			c.probeBeside(p, t, i)
		}
	}
}

// probeBeside fills the fields beside the embedded one with index lender.
func (c planner) probeBeside(p *plan, t reflect.Type, lender int) {
	filled := reflect.New(t)
	allocateEmbedded(filled.Elem())
	siblings := 0
	for i := range t.NumField() {
		f := t.Field(i)
		if tag, _ := c.tag(f); i != lender && f.IsExported() && tag != "-" && fillSample(filled.Elem().Field(i), 0) {
			siblings++
		}
	}
	if siblings == 0 {
		return
	}
	data, err := c.tryEncode(filled.Interface())
	if err != nil {
		c.tryEach(p)
		return
	}
	back := reflect.New(t)
	if err := c.tryDecode(c.decodeAllocated, data, back.Interface()); err != nil {
		c.tryEach(p)
	} else if lost := difference(filled.Elem(), back.Elem()); lost != "" {
		p.refused = faultf("the methods of the embedded %s write and read %v, and leave out its field %s: give the type %s, or name the embedded field", t.Field(lender).Name, t, lost, c.Advice)
	}
}

// tryEach has every value of p tried when it is stored.
func (c planner) tryEach(p *plan) {
	before := p.look
	p.visited = true
	p.look = func(v reflect.Value) string {
		if before != nil {
			if reason := before(v); reason != "" {
				return reason
			}
		}
		copied := reflect.New(v.Type())
		copied.Elem().Set(v)
		_, failed := c.tryValue(copied, c.Decode)
		return failed
	}
}

// verify has every value of p tried and compared exactly: because says in which way
// some come back changed.
func (c planner) verify(p *plan, because string) {
	p.visited = true
	p.look = func(v reflect.Value) string {
		copied, back := reflect.New(v.Type()), reflect.New(v.Type())
		copied.Elem().Set(v)
		data, err := c.tryEncode(copied.Interface())
		if err != nil {
			return "" // the encoder is going to tell
		}
		if err := c.tryDecode(c.Decode, data, back.Interface()); err != nil || !reflect.DeepEqual(copied.Interface(), back.Interface()) {
			return because
		}
		return ""
	}
}

// tryValue encodes what v points to, decodes it and compares. It returns what was
// encoded, and what was wrong with reading it.
func (c *Checker) tryValue(v reflect.Value, decode func([]byte, any) error) (data []byte, failed string) {
	data, err := c.tryEncode(v.Interface())
	if err != nil {
		return nil, "" // such a value cannot be stored
	}
	back := reflect.New(v.Type().Elem())
	if err := c.tryDecode(decode, data, back.Interface()); err != nil {
		return data, fmt.Sprintf("%v cannot read what it writes of this value: %v", v.Type().Elem(), err)
	}
	if part := difference(v.Elem(), back.Elem()); part != "" {
		return data, fmt.Sprintf("%v reads another value than it writes: its %s is different", v.Type().Elem(), part)
	}
	return data, ""
}

// writesNull reports whether v is written as nil.
func (c *Checker) writesNull(v reflect.Value) bool {
	copied := reflect.New(v.Type())
	copied.Elem().Set(v)
	data, err := c.tryEncode(copied.Interface())
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
