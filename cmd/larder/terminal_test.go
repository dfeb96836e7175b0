package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile is text of each class of characters that drive a terminal, or reorder what is
// shown: C0, DEL, C1 in both forms, bidirectional ones, invisible ones, tags.
const hostile = "\x1b[2J\r\a\x7f\u009b2J\u202etxt\u2066\u200b\ufeff\u2028\U000e0041"

// wantHarmless checks that nothing in what a command has written drives a terminal.
func wantHarmless(t *testing.T, o outcome) {
	t.Helper()
	for _, text := range []string{o.stdout, o.stderr} {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, isControl) {
			t.Errorf("larder %q drives the terminal:\n%q\n%q", o.args, o.stdout, o.stderr)
		}
	}
}

func TestNoValueDrivesATerminal(t *testing.T) {
	url := "file://" + t.TempDir() + "/cache"
	quoted, err := json.Marshal(map[string]any{hostile: []any{hostile, map[string]any{"a": hostile}}})
	if err != nil {
		t.Fatal(err)
	}
	larderWith(t, string(quoted), "--url", url, "set", "structured", "-", "--json-value").is(t, exitDone, "stored\n", "")
	larderWith(t, hostile, "--url", url, "set", "text", "-").is(t, exitDone, "stored\n", "")
	larderWith(t, hostile+"\x9b\xff", "--url", url, "set", "bytes", "-", "--bytes").is(t, exitDone, "stored\n", "")
	larderWith(t, "\x9b\xff", "--url", url, "set", "odd", "-").is(t, exitDone, "stored\n", "")
	for _, key := range []string{"structured", "text", "bytes", "odd"} {
		wantHarmless(t, larder(t, "--url", url, "get", key))
		o := larder(t, "--url", url, "get", key, "--json")
		wantHarmless(t, o)
		if !json.Valid([]byte(o.stdout)) {
			t.Errorf("%s: the escapes are no JSON: %q", key, o.stdout)
		}
	}
	var got struct{ Value any }
	if err := json.Unmarshal([]byte(larder(t, "--url", url, "get", "text", "--json").stdout), &got); err != nil || got.Value != hostile {
		t.Errorf("an escape is another value in JSON: %q, %v", got.Value, err)
	}
	larder(t, "--url", url, "get", "odd", "--raw").is(t, exitDone, "\x9b\xff", "")
}

func TestTextThatIsNotUTF8IsNotLostInJSON(t *testing.T) {
	url := "file://" + t.TempDir() + "/cache"
	larderWith(t, "a\xffb", "--url", url, "set", "k", "-").is(t, exitDone, "stored\n", "")
	larder(t, "--url", url, "get", "k", "--json").is(t, exitDone,
		`{"alias":"default","key":"k","found":true,"type":"text","encoding":"base64","value":"Yf9i"}`+"\n", "")
	got := plain(map[string]any{"ok": "text", "\xff": []any{"a\xffb"}})
	if data, err := json.Marshal(got); err != nil || string(data) != `{"\"\\xff\"":[{"base64":"Yf9i"}],"ok":"text"}` {
		t.Errorf("%s, %v", data, err)
	}
}

// hostileRedis is a server whose version and errors drive a terminal.
func hostileRedis(conn net.Conn) {
	const drives = "\x1b[2J\u009b\u202e\x9b"
	answering(conn, func(line string) string { return likeRedis(line, "7.0.0"+drives, drives+" no") })
}

func TestNoServerDrivesATerminal(t *testing.T) {
	url := "redis://" + serve(t, hostileRedis) + "?max_retries=0"
	t.Run("commands", func(t *testing.T) {
		for _, args := range [][]string{{"check"}, {"stats"}, {"get", "k"}, {"set", "k", "v"}, {"clear", "--yes"}} {
			t.Run(args[0], func(t *testing.T) { // some wait for an answer
				t.Parallel()
				wantHarmless(t, larder(t, append(args, "--url", url)...))
				wantHarmless(t, larder(t, append(args, "--json", "--url", url)...))
			})
		}
	})
	larder(t, "check", "--url", url).says(t, exitDone, "ok: redis")
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Larder-Explain", "explained")
		w.Header().Set("Cache-Status", "larder; hit; detail=\""+strings.ReplaceAll(hostile, "\r", "")+"\"")
		_, _ = fmt.Fprintf(w, `{"outcome": "\u009b2J \u202e"}`)
	}))
	defer page.Close()
	for _, args := range [][]string{nil, {"--json"}, {"--secret", "x"}, {"--secret", "x", "--json"}} {
		wantHarmless(t, larder(t, append(args, "explain", page.URL)...))
	}
}

func TestNoSettingDrivesATerminal(t *testing.T) {
	file := settingsFile(t, map[string]any{
		"a" + hostile + "\nb: ok": map[string]any{"backend": "dummy", "key_prefix": hostile},
		"c" + hostile:             map[string]any{"backend": "file", "location": "/dev/null/" + hostile},
		"default":                 map[string]any{"backend": "memory" + hostile},
	})
	for _, args := range [][]string{
		{"check"}, {"stats", "--alias", "c" + hostile}, {"clear", "--alias", "a" + hostile + "\nb: ok"}, {"get", hostile}, {"get", "k", "--alias", "none" + hostile},
		{"createcachetable"}, {"delete", hostile}, {hostile}, {"get", "k", "--version", hostile},
	} {
		wantHarmless(t, larder(t, append(args, "--settings", file)...))
		wantHarmless(t, larder(t, append(args, "--json", "--settings", file)...))
	}
	o := larder(t, "check", "--settings", file)
	if strings.Contains(o.stdout, "\nb: ok") {
		t.Errorf("the name of an alias is a line of its own: %q", o.stdout)
	}
}

func TestExplainSendsItsSecretToThisMachineOnly(t *testing.T) {
	for _, page := range []string{"http://example.org/", "http://192.0.2.1/", "http://localhost.example.org/", "http://127.0.0.1.example.org/", "http://[2001:db8::1]/"} {
		larder(t, "explain", page, "--secret", "s").says(t, exitUsage, "is not on this machine: --remote")
	}
	for host, local := range map[string]bool{"localhost": true, "a.localhost": true, "LOCALHOST.": true, "127.8.9.1": true, "::1": true, "::ffff:127.0.0.1": true, "127.1": false, "0.0.0.0": false, "": false} {
		if isLocal(host) != local {
			t.Errorf("isLocal(%q) is %v", host, !local)
		}
	}
	if err := refuseRemote(t.Context(), "tcp", "192.0.2.1:80", nil); err == nil {
		t.Error("a name that stands for another machine is connected to")
	}
}

// A redirect and a proxy would hand the secret on.
func TestExplainSendsItsSecretToTheHostOfTheURLOnly(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	t.Setenv("HTTP_PROXY", other.URL)
	t.Setenv("http_proxy", other.URL)
	page := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer page.Close()
	larder(t, "explain", page.URL, "--secret", "s").says(t, exitNo, "did not explain")
	larder(t, "explain", "http://larder.invalid/", "--secret", "s", "--remote", "--wait", "2s").says(t, exitFailed, "larder.invalid")
	if asked != 0 {
		t.Errorf("another server was asked %d times", asked)
	}
}
