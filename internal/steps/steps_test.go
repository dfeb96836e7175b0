//go:build unix

package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// taking returns what runs targets that take as many seconds as their names have letters
// and print their names. The one that is named fails.
func taking(failing string) func(context.Context, string) result {
	return func(_ context.Context, target string) result {
		took := time.Duration(len(target)) * time.Second
		time.Sleep(took)
		r := result{out: io.NopCloser(strings.NewReader("from " + target + "\n")), took: took, processor: took}
		if target == failing {
			r.code = 2
		}
		return r
	}
}

// ran runs targets in a bubble.
func ran(t *testing.T, atOnce int, failing string, targets ...string) (code int, out string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		code = run(t.Context(), atOnce, taking(failing), targets, &b)
		out = b.String()
	})
	return code, out
}

func TestTargetsRunSeveralAtOnceAndATableTellsTheTime(t *testing.T) {
	code, out := ran(t, 2, "", "aaa", "b", "cc")
	want := `==> aaa starts
==> b starts
==> b passed after 1 s
from b
==> cc starts
`
	if code != 0 || !strings.HasPrefix(out, want) {
		t.Errorf("%d\n%s", code, out)
	}
	want = `==> the time, and that of all processors
    3 s     3 s  aaa
    2 s     2 s  cc
    1 s     1 s  b
    3 s     6 s  in all
`
	if !strings.HasSuffix(out, want) {
		t.Errorf("\n%s", out)
	}
}

func TestNoTargetStartsAfterAFailure(t *testing.T) {
	code, out := ran(t, 2, "b", "aaa", "b", "cc")
	if code != 1 || strings.Contains(out, "cc starts") || !strings.Contains(out, "==> aaa passed") {
		t.Errorf("%d\n%s", code, out)
	}
	for _, want := range []string{"==> b FAILED with exit code 2 after 1 s\nfrom b\n", "1 s  b  FAILED\n", "      -       -  cc\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
}

func TestAnEndedContextIsAFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var b strings.Builder
	if code := run(ctx, 2, taking(""), []string{"a"}, &b); code != 1 || strings.Contains(b.String(), "starts") {
		t.Errorf("%d\n%s", code, &b)
	}
}

// The program that is called for a target prints and fails as make does.
func TestATargetIsAProgramWhoseOutputAndExitCodeCount(t *testing.T) {
	program := filepath.Join(t.TempDir(), "make")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"out $1\"\necho err >&2\n[ $1 = good ]\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]int{"good": 0, "bad": 1} {
		r := makes(program)(t.Context(), target)
		said, err := io.ReadAll(r.out)
		if err != nil || r.out.Close() != nil {
			t.Error(err)
		}
		if r.code != want || string(said) != "out "+target+"\nerr\n" {
			t.Errorf("%s: %d, %q", target, r.code, said)
		}
	}
	if r := makes(program+"-missing")(t.Context(), "good"); r.code != 127 {
		t.Errorf("a program that is not there: %d", r.code)
	}
}
