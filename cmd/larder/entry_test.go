package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
)

func TestEveryOperationOnEveryBackend(t *testing.T) {
	onEachShared(t, func(t *testing.T, _, url string) {
		do := func(args ...string) outcome { return larder(t, append([]string{"--url", url}, args...)...) }

		do("get", "k").is(t, exitNo, "", "larder: \"k\" is not there\n")
		do("set", "k", "hello, wörld").is(t, exitDone, "stored\n", "")
		do("get", "k").is(t, exitDone, "hello, wörld\n", "")
		do("get", "k", "--raw").is(t, exitDone, "hello, wörld", "")
		do("add", "k", "other").is(t, exitNo, "", "larder: \"k\" is there already\n")
		do("add", "new", "x", "--timeout=never").is(t, exitDone, "added\n", "")
		do("touch", "k", "--timeout", "5m").is(t, exitDone, "touched\n", "")
		do("touch", "gone").is(t, exitNo, "", "larder: \"gone\" is not there\n")
		do("touch", "k", "--timeout=0").is(t, exitDone, "touched\n", "")
		do("get", "k").is(t, exitNo, "", "larder: \"k\" is not there\n")
		do("delete", "new").is(t, exitDone, "deleted\n", "")
		do("delete", "new").is(t, exitNo, "", "larder: \"new\" is not there\n")

		do("set", "n", "9007199254740993", "--int").is(t, exitDone, "stored\n", "")
		do("incr", "n").is(t, exitDone, "9007199254740994\n", "")
		do("incr", "n", "--by=-4").is(t, exitDone, "9007199254740990\n", "")
		do("decr", "n", "--by", "90").is(t, exitDone, "9007199254740900\n", "")
		do("incr", "gone").is(t, exitNo, "", "larder: cache \"default\": Incr \"gone\": not found\n")

		do("set", "v", "two", "--version=2").is(t, exitDone, "stored\n", "")
		do("get", "v").is(t, exitNo, "", "larder: \"v\" is not there\n")
		do("get", "v", "--version=2").is(t, exitDone, "two\n", "")

		do("set", "short", "x", "--timeout=-1s").is(t, exitDone, "stored\n", "")
		do("get", "short").is(t, exitNo, "", "larder: \"short\" is not there\n")

		do("clear", "--yes").is(t, exitDone, "cleared\n", "")
		do("get", "n").is(t, exitNo, "", "larder: \"n\" is not there\n")
		do("get", "v", "--version=2").is(t, exitNo, "", "larder: \"v\" is not there\n")
	})
}

func TestResultsAsJSON(t *testing.T) {
	url := testbackends.URL(t, "redis")
	do := func(args ...string) outcome { return larder(t, append([]string{"--json", "--url", url}, args...)...) }
	do("get", "k").is(t, exitNo, `{"alias":"default","key":"k","found":false}`+"\n", "")
	do("set", "k", "<v>").is(t, exitDone, `{"alias":"default","key":"k","stored":true}`+"\n", "")
	do("get", "k").is(t, exitDone, `{"alias":"default","key":"k","found":true,"type":"text","value":"<v>"}`+"\n", "")
	do("get", "k", "--raw").is(t, exitDone, `{"alias":"default","key":"k","found":true,"type":"text","value":"<v>"}`+"\n", "")
	do("add", "k", "w").is(t, exitNo, `{"alias":"default","key":"k","added":false}`+"\n", "")
	do("touch", "k").is(t, exitDone, `{"alias":"default","key":"k","touched":true}`+"\n", "")
	do("incr", "k").is(t, exitUsage, "", `{"error":{"kind":"not_integer","message":"cache \"default\": Incr \"k\": value is not an integer"}}`+"\n")
	do("incr", "n").is(t, exitNo, "", `{"error":{"kind":"not_found","message":"cache \"default\": Incr \"n\": not found"}}`+"\n")
	do("set", "n", "41", "--int").is(t, exitDone, `{"alias":"default","key":"n","stored":true}`+"\n", "")
	do("incr", "n").is(t, exitDone, `{"alias":"default","key":"n","value":42}`+"\n", "")
	do("delete", "n").is(t, exitDone, `{"alias":"default","key":"n","deleted":true}`+"\n", "")
	do("clear", "--yes").is(t, exitDone, `{"alias":"default","cleared":true}`+"\n", "")
	do("frobnicate").is(t, exitUsage, "", `{"error":{"kind":"usage","message":"unexpected argument frobnicate"}}`+"\n")
}

// A script must be able to tell a miss from an outage, whatever the program
// that owns the settings makes of one.
func TestAnOutageIsNoMissAlsoWhereTheProgramTreatsItAsOne(t *testing.T) {
	p := testserver.StartRedis(t)
	url := "redis://" + p.Addr() + "?on_error=miss&breaker_failures=1&max_retries=0"
	larder(t, "--url", url, "get", "k").is(t, exitNo, "", "larder: \"k\" is not there\n")
	p.Kill()
	for _, args := range [][]string{{"get", "k"}, {"delete", "k"}, {"set", "k", "v"}, {"add", "k", "v"}, {"touch", "k"}, {"incr", "k"}, {"clear", "--yes"}, {"stats"}, {"check"}} {
		larder(t, append(args, "--url", url)...).says(t, exitFailed, "no answer from "+p.Addr())
	}
}

func TestTheProgramEndsWithTheExitCode(t *testing.T) {
	for code, args := range [][]string{
		exitDone:   {"check", "--url", "dummy://"},
		exitNo:     {"get", "k", "--url", "dummy://"},
		exitUsage:  {"get"},
		exitFailed: {"get", "k", "--url", "redis://127.0.0.1:1"},
	} {
		command := exec.Command(os.Args[0], args...)
		command.Env = append(os.Environ(), asCommand+"=1")
		var stderr strings.Builder
		command.Stderr = &stderr
		if err := command.Run(); command.ProcessState.ExitCode() != code {
			t.Errorf("%v: %v, want exit code %d", args, err, code)
		}
		if lines := strings.Count(stderr.String(), "\n"); lines > 1 {
			t.Errorf("%v: standard error has %d lines:\n%s", args, lines, &stderr)
		}
	}
}
