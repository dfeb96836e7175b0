package policy

import (
	"net/http/httptest"
	"testing"
)

// A value that is attached to a request is gone when it is detached.
func TestAnAttachedValueIsGoneWhenTheRequestIsOver(t *testing.T) {
	r, attachment := Attach(httptest.NewRequest("GET", "/", nil), "value")
	if got := Attached(r); got != "value" {
		t.Errorf("attached is %v", got)
	}
	attachment.Detach()
	if got := Attached(r); got != nil {
		t.Errorf("attached is %v when the request is over", got)
	}
}

// A request without an attachment has none.
func TestNothingIsAttachedToOtherRequests(t *testing.T) {
	if got := Attached(httptest.NewRequest("GET", "/", nil)); got != nil {
		t.Errorf("attached is %v", got)
	}
}
