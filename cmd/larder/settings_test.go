package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSettingsComeFromAFlagElseFromTheEnvironment(t *testing.T) {
	file := settingsFile(t, map[string]any{"default": "dummy://", "other": map[string]any{"backend": "dummy"}})
	larder(t, "check", "--settings", file).is(t, exitDone, "default: ok: dummy\nother: ok: dummy\n", "")
	const noCaches = "no caches are named: give --settings FILE or --url URL, or set LARDER_CACHE_DEFAULT to a URL"
	larder(t, "get", "k").says(t, exitUsage, noCaches)
	larder(t, "check").says(t, exitUsage, noCaches+"; a program without settings has the implied default if it imports the memory backend: 64 MiB of its own memory")

	t.Setenv("LARDER_CACHE_DEFAULT", "dummy://")
	t.Setenv("LARDER_CACHE_SESSIONS", "dummy://")
	larder(t, "check").is(t, exitDone, "default: ok: dummy\nsessions: ok: dummy\n", "")
	larder(t, "get", "--alias=sessions", "k").is(t, exitNo, "", "larder: \"k\" is not there\n")

	t.Setenv("LARDER_CACHE_DEFAULT", "broken") // and not even read
	larder(t, "check", "--settings", file, "other").is(t, exitDone, "other: ok: dummy\n", "")
	larder(t, "check", "--url", "dummy://").is(t, exitDone, "default: ok: dummy\n", "")
	larder(t, "check").says(t, exitUsage, "environment variable LARDER_CACHE_DEFAULT: URL without a scheme")
}

func TestMistakesOfUsageAreOneLine(t *testing.T) {
	file := settingsFile(t, map[string]any{"default": "dummy://", "b": "dummy://"})
	twice := settingsFile(t, map[string]any{"default": "memory://x?prefix=a", "b": "memory://x?prefix=a:1"})
	noDefault := settingsFile(t, map[string]any{"b": "dummy://"})
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte("{\n  \"default\": \"dummy://\",\n}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		says string
	}{
		{"", `expected one of "check", "createcachetable"`},
		{"chek", "unexpected argument chek"},
		{"get", `expected "<key>"`},
		{"get k --alais=x", "unknown flag --alais, did you mean"},
		{"get k --wait=soon", "--wait"},
		{"get k --wait=-1s", "--wait is -1s: it must be greater than zero"},
		{"get k --url dummy:// --settings x", "--settings and --url can't be used together"},
		{"get k --settings /nowhere/caches.json", "--settings: open /nowhere/caches.json"},
		{"get k --settings " + broken, broken + ": invalid cache backend: invalid settings: line 3, column 1: JSON"},
		{"get k --alias=c --settings " + file, `unknown alias "c": the settings have b, default`},
		{"check c --settings " + file, `unknown alias "c": the settings have b, default`},
		{"stats --alias=c --settings " + file, `unknown alias "c": the settings have b, default`},
		{"clear --alias=c --settings " + file, `unknown alias "c": the settings have b, default`},
		{"createcachetable c --settings " + file, `unknown alias "c": the settings have b, default`},
		{"createcachetable b --settings " + file, `alias "b" has the backend dummy, which has no table`},
		{"createcachetable --settings " + file, "no alias of the settings is on PostgreSQL"},
		{"get k --url couchbase://h", `unknown backend "couchbase": registered are dummy, file, memcached`},
		{"get k --url dummy://?colour=red", `unknown option "colour"`},
		{"get k --url memory://?max_entires=5", `unknown option "max_entires": the options are`},
		{"get k --url redis://h?timeot=5", `unknown option "timeot": the options are`},
		{"get k --url memcached://h?timeot=5", `unknown option "timeot": the options are`},
		{"get k --url postgres://h/d?timeot=5", `unknown option "timeot": the options are`},
		{"get k --url file:///d?timeot=5", `unknown option "timeot": the options are`},
		{"get k --url redis://h:port", "malformed URL"},
		{"get k --alias=b --settings " + noDefault, `there is no alias "default"`},
		{"get k --settings " + twice, "can give the same key"},
		{"check --settings " + twice, "can give the same key"},
		{"check --settings " + noDefault, `settings: failed: invalid cache backend: invalid settings: there is no alias "default"`},
		{"get k --version=-1 --url dummy://", "invalid version: -1 is negative"},
	} {
		o := larder(t, strings.Fields(test.args)...)
		o.says(t, exitUsage, test.says)
		if lines := strings.Count(o.stderr, "\n"); lines > 1 {
			t.Errorf("larder %s: %d lines of errors:\n%s", test.args, lines, o.stderr)
		}
	}
}

func TestHelpIsNoError(t *testing.T) {
	for _, args := range []string{"--help", "check --help", "set k --help", "incr -h"} {
		larder(t, strings.Fields(args)...).says(t, exitDone, "Usage: larder ")
	}
}

func TestACacheInTheMemoryOfTheProgramCannotBeSeen(t *testing.T) {
	larder(t, "--url", "memory://", "get", "k").says(t, exitNo, "in the memory of each process")
	larder(t, "--url", "memory://", "stats").is(t, exitNo, "", "larder: the backend memory has nothing to tell to another process\n")
}
