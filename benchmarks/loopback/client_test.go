package loopback_test

import (
	"bytes"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/benchmarks/loopback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheClientReadsToTheEndOfEachResponse(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 100_000)
	handlers := map[string]struct {
		handler http.HandlerFunc
		header  string
		want    loopback.Response
	}{
		"with a length": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(body)
		}, "A: b", loopback.Response{Status: 200, Length: 100_000}},
		"in chunks": {func(w http.ResponseWriter, _ *http.Request) {
			for part := range bytes.Lines(bytes.ReplaceAll(body, []byte("xxxxxxxxxx"), []byte("xxxxxxxxx\n"))) {
				_, _ = w.Write(part)
			}
		}, "A: b", loopback.Response{Status: 200, Length: 100_000}},
		"without a body": {func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") == `"a"` {
				w.WriteHeader(http.StatusNotModified)
			}
		}, `If-None-Match: "a"`, loopback.Response{Status: 304}},
		"of a failure": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no", http.StatusTeapot)
		}, "A: b", loopback.Response{Status: 418, Length: 3}},
	}
	for name, test := range handlers {
		t.Run(name, func(t *testing.T) {
			addr, stop, err := loopback.Serve(test.handler)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			c, err := loopback.Dial(addr, "/page", test.header)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for range 3 {
				got, err := c.Do()
				if err != nil {
					t.Fatal(err)
				}
				if got.FirstByte <= 0 {
					t.Errorf("the first byte came after %v", got.FirstByte)
				}
				got.FirstByte = 0
				if got != test.want {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
			}
		})
	}
}

func TestGetAsksForItsTargetWithTheHeaderOfAllRequests(t *testing.T) {
	addr, stop, err := loopback.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("A") != "b" {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write([]byte(r.RequestURI))
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	c, err := loopback.Dial(addr, "/page", "A: b")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, target := range []string{"/page/12345", "/p?a=1", "/"} {
		got, err := c.Get(target)
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != http.StatusOK || got.Length != len(target) {
			t.Errorf("%s: got %+v", target, got)
		}
	}
	if got, err := c.Do(); err != nil || got.Length != len("/page") {
		t.Errorf("Do afterwards: got %+v, %v", got, err)
	}
}
