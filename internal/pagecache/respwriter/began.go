package respwriter

import (
	"net/http"
	"reflect"
)

// HasBegun reports whether somebody has written to a ResponseWriter. Where that cannot
// be told, somebody has.
//
// Neither net/http nor most middleware has a method for it, so a field of the server's
// own writer is looked at. It is asked for in rare cases only: a handler that has
// returned without writing, and a request whose time was over. Rejected: a
// ResponseWriter of ours around each request, which would cost every hit something and
// hide that the server's own is there.
func HasBegun(w http.ResponseWriter) bool {
	for {
		switch teller := w.(type) {
		case interface{ Written() bool }: // gin, negroni
			if teller.Written() {
				return true
			}
		case interface{ Status() int }: // chi
			if teller.Status() != 0 {
				return true
			}
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = wrapper.Unwrap()
	}
	wrote, known := wroteHeader(reflect.ValueOf(w))
	return wrote || !known
}

// AnswersInTime reports whether a ResponseWriter is that of [http.TimeoutHandler], which
// answers when the time is over, whatever its handler is doing: that has a header and a
// body of its own.
func AnswersInTime(w http.ResponseWriter) bool {
	for {
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return reflect.TypeOf(w).String() == "*http.timeoutWriter"
		}
		w = wrapper.Unwrap()
	}
}

// wroteHeader looks at the field of this name of the writers of net/http and httptest,
// which that of HTTP/2 has a pointer further on.
func wroteHeader(v reflect.Value) (wrote, known bool) {
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return false, false
	}
	if f := v.Elem().FieldByName("wroteHeader"); f.Kind() == reflect.Bool {
		return f.Bool(), true
	}
	if state := v.Elem().FieldByName("rws"); state.IsValid() {
		return wroteHeader(state)
	}
	return false, false
}
