package valuecheck

import (
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
// and whether it is right, cannot be seen otherwise. If one of them does not come back,
// each value is tried when it is stored: the type may have none like it.
//
//   - The zero value, which may be a null that is written as no bytes and refused by
//     its own type.
//   - One that is not zero, if the type only reads itself: what it reads may not be what
//     the codec writes.
//   - One with its embedded pointers allocated. The methods may be those of what is
//     pointed to, and be called on nil.
//   - One with the fields beside an embedded one that has such methods filled, which
//     are lost if the methods are that one's.
func (c planner) probe(p *plan, t reflect.Type) {
	zero := reflect.New(t)
	data, failed := c.tryValue(zero, c.Decode)
	p.null = string(data) == c.Null
	if sample := reflect.New(t); failed == "" && !p.self && fillSample(sample.Elem(), 0) {
		_, failed = c.tryValue(sample, c.Decode)
	}
	if allocated := reflect.New(t); failed == "" && allocateEmbedded(allocated.Elem()) {
		_, failed = c.tryValue(allocated, c.Decode)
	}
	lender, comesBack := c.probeSiblings(t)
	if failed != "" || !comesBack {
		c.tryEach(p, t, lender)
	}
}

// probeSiblings is the last try of probe, for each embedded field whose methods may
// be those of t. It returns the name of the one whose methods are.
func (c planner) probeSiblings(t reflect.Type) (lender string, comesBack bool) {
	if t.Kind() != reflect.Struct {
		return "", true
	}
	comesBack = true
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.Anonymous || !c.hasMethods(indirect(f.Type)) || c.comesBackBeside(t, i) {
			continue
		}
		comesBack = false
		if lender == "" {
			lender = f.Name
		}
	}
	return lender, comesBack
}

// comesBackBeside fills the fields beside the embedded one with index lender, and
// reports whether they come back.
func (c planner) comesBackBeside(t reflect.Type, lender int) bool {
	filled := reflect.New(t)
	allocateEmbedded(filled.Elem())
	siblings, done := 0, 0
	for i := range t.NumField() {
		f := t.Field(i)
		if tag, _ := c.tag(f); i == lender || !f.IsExported() || tag == "-" {
			continue
		}
		siblings++
		if fillSample(filled.Elem().Field(i), 0) {
			done++
		}
	}
	if done == 0 {
		return siblings == 0
	}
	data, failed := c.tryValue(filled, c.decodeAllocated)
	return data != nil && failed == ""
}

// tryEach has every value of p, the plan of t, tried when it is stored. The methods may
// be those of the embedded field lender.
func (c planner) tryEach(p *plan, t reflect.Type, lender string) {
	before := p.look
	p.visited = true
	try := func(v reflect.Value, decode func([]byte, any) error) string {
		if before != nil {
			if reason := before(v); reason != "" {
				return reason
			}
		}
		return c.tryOne(addressableCopy(v), lender, decode)
	}
	p.look = func(v reflect.Value) string { return try(v, c.Decode) }
	if allocateEmbedded(reflect.New(t).Elem()) {
		p.lookWhole = func(v reflect.Value) string { return try(v, c.decodeAllocated) }
	}
}

// verify has every value of p tried and compared exactly: because says in which way
// some come back changed.
func (c planner) verify(p *plan, because string) {
	p.visited = true
	p.look = func(v reflect.Value) string {
		copied := addressableCopy(v)
		data, back, err := c.roundTrip(copied, c.Decode)
		switch {
		case data == nil:
			return "" // the encoder is going to tell
		case err != nil || !reflect.DeepEqual(copied.Interface(), back.Interface()):
			return because
		}
		return ""
	}
}
