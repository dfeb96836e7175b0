package rfc9111

import (
	"slices"
)

// boundToContent are the fields that a stored body depends on, besides those
// that are never stored: the body stays, so they do (section 3.2). The RFC names
// Content-Length, and leaves the others to what a cache stores; ours stores
// bodies as they came.
var boundToContent = []string{"Content-Length", "Content-Encoding", "Content-Range", "Content-Md5", "Content-Digest"}

// Freshen updates the header of a stored response with that of a 304, or of the
// 200 to a HEAD, which selects it (section 3.2). Fields that are in both are
// replaced, those of the stored response that the other lacks stay. The lines
// are shared with from.
//
// An entity tag is added where there was none, but never replaced: it is what
// the stored body was found by. Age goes, unless from has one, since the
// response has just been validated. Afterwards the caller reads Control,
// Freshness and Validators again, and asks again whether it may be stored.
func Freshen(stored, from map[string][]string) {
	nominated := nominatedBy(from)
	delete(stored, "Age")
	for name, lines := range from {
		switch {
		case slices.Contains(hopByHop, name), slices.Contains(boundToContent, name):
		case nominated[name] && !IsEssential(name):
		case name == "Etag" && stored[name] != nil:
		default:
			stored[name] = lines
		}
	}
}

// Selected returns the indexes of the stored responses that a 304 with these
// validators is about (section 4.3.4). If there is none, the 304 must not be
// used, and the request is to be sent again without conditions.
//
//   - A strong entity tag selects all that have the same.
//   - If one tag was sent, a 304 can only be about that, so one that is equal by the
//     weak comparison selects it: the comparison by which the origin has found it
//     (RFC 9110, section 13.1.2). Compression in front of an origin marks the tag of
//     a 200 as weak and leaves that of a 304 as it is.
//   - A weak one, or a date, selects the most recent that has the same.
//   - Without any, a single stored response is meant: the conditions were its.
//     The RFC asks that it has none either, which would leave a cache helpless
//     with origins that forget ETag in a 304.
//
// stored are those responses whose validators were in the request.
func Selected(response Validators, stored []Validators) []int {
	switch {
	case len(stored) == 1 && stored[0].ETag.WeakEqual(response.ETag):
		return []int{0}
	case response.ETag.IsStrong():
		return indexes(stored, func(v *Validators) bool { return v.ETag.StrongEqual(response.ETag) })
	case response.ETag != "":
		return mostRecentOf(stored, func(v *Validators) bool { return v.ETag.WeakEqual(response.ETag) })
	case !response.LastModified.IsZero():
		return mostRecentOf(stored, func(v *Validators) bool { return v.LastModified.Equal(response.LastModified) })
	case len(stored) == 1:
		return []int{0}
	}
	return nil
}

func indexes(stored []Validators, matches func(*Validators) bool) []int {
	var found []int
	for i := range stored {
		if matches(&stored[i]) {
			found = append(found, i)
		}
	}
	return found
}

func mostRecentOf(stored []Validators, matches func(*Validators) bool) []int {
	best := -1
	for _, i := range indexes(stored, matches) {
		if best < 0 || !stored[i].Date.Before(stored[best].Date) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return []int{best}
}
