package rfc9111

import (
	"net/http"
	"net/url"
)

// Obstacle is why a response may not be stored by a shared cache.
type Obstacle uint8

// The obstacles, in the order in which they are looked for. ObstaclePartial is
// the last: a cache that can keep parts of a representation goes on there.
const (
	NoObstacle             Obstacle = iota
	ObstacleMethod                  // the request's method (section 3)
	ObstacleInterim                 // no final status code (section 3)
	ObstacleStatus                  // a status code whose responses are never stored (RFC 6585)
	ObstacleUnderstanding           // must-understand, and the status code is not (section 5.2.2.3)
	ObstacleNoStore                 // no-store in the response (section 5.2.2.5)
	ObstacleRequestNoStore          // no-store in the request (section 5.2.1.5)
	ObstaclePrivate                 // private, about the whole response (section 5.2.2.7)
	ObstacleAuthorization           // Authorization, and nothing that allows for it (section 3.5)
	ObstacleVary                    // it would never be selected: Vary: * (section 4.1)
	ObstacleNoFreshness             // nothing says that it may be cached (section 3)
	ObstaclePartial                 // 206, 304 or Content-Range: not a whole response (section 3.4)
)

// Candidate is a request and its response, as far as storing depends on them.
type Candidate struct {
	Method        string
	Authorization bool     // the request has an Authorization field
	NoStore       bool     // the request's no-store counts, and is there
	Target        *url.URL // absolute; only looked at for POST

	Status  int
	Header  http.Header // of the response
	Control Control     // of Header
}

// Obstacle returns why the response may not be stored, to the letter of section
// 3. A cache that shares nothing private by other signs too, such as Set-Cookie,
// cookies or private="field", asks for these itself.
//
// The response to HEAD may be stored, but has no content: it must never become
// the response to a GET.
func (x *Candidate) Obstacle() Obstacle {
	if o := x.messageObstacle(); o != NoObstacle {
		return o
	}
	if o := x.directiveObstacle(); o != NoObstacle {
		return o
	}
	switch {
	case !x.isCacheable():
		return ObstacleNoFreshness
	case x.Status == http.StatusPartialContent, x.Status == http.StatusNotModified:
		return ObstaclePartial
	}
	return NoObstacle
}

func (x *Candidate) messageObstacle() Obstacle {
	switch {
	case !x.isStorableMethod():
		return ObstacleMethod
	case !IsFinal(x.Status):
		return ObstacleInterim
	case isNeverStored(x.Status):
		return ObstacleStatus
	}
	return NoObstacle
}

func (x *Candidate) directiveObstacle() Obstacle {
	c := &x.Control
	understood := c.MustUnderstand && !c.UnderstandInvalid && !c.Malformed && IsUnderstood(x.Status)
	switch {
	case c.MustUnderstand && !IsUnderstood(x.Status):
		return ObstacleUnderstanding
	case c.NoStore && !understood: // else no-store is for caches that do not know must-understand
		return ObstacleNoStore
	case x.NoStore:
		return ObstacleRequestNoStore
	case c.PrivateWhole:
		return ObstaclePrivate
	case !Credentials{Authorization: x.Authorization}.MayShare(c.Permission(), nil):
		return ObstacleAuthorization
	}
	if _, star := VaryNames(x.Header["Vary"]); star {
		return ObstacleVary
	}
	return NoObstacle
}

// isStorableMethod reports whether a response to the method answers a later GET
// or HEAD. That to POST does if it says so (RFC 9110, section 9.3.3): it has a
// lifetime, and Content-Location is the target.
func (x *Candidate) isStorableMethod() bool {
	switch x.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodPost:
		return x.hasLifetime() && x.isContentLocationTarget()
	}
	return false
}

func (x *Candidate) isContentLocationTarget() bool {
	lines := x.Header["Content-Location"]
	if len(lines) != 1 || x.Target == nil || isError(x.Status) {
		return false
	}
	location, err := x.Target.Parse(lines[0])
	return err == nil && sameOrigin(location, x.Target) && location.RequestURI() == x.Target.RequestURI()
}

func (x *Candidate) hasLifetime() bool {
	return x.Control.HasMaxAge || x.Control.HasSMaxAge || x.Control.hasExpires(x.Header)
}

func (x *Candidate) isCacheable() bool {
	return x.hasLifetime() || x.Control.Public || IsHeuristicallyCacheable(x.Status)
}
