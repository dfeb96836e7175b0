package redisstore_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testserver"
)

// logTo returns a logger to w whose lines have no time.
func logTo(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// The log lines of the client are bounded by kind.
func TestTheClientsLinesAreBoundedByKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var plain, log bytes.Buffer
		l := redisstore.NewClientLog(&plain)
		l.Print("before anybody: %d", 1)
		defer l.Use(logTo(&log), "s3cr3t", "s3cr3t")()
		for i := range 1000 {
			l.Print("dial %d", i)
			l.Print("AUTH s3cr3t\n%d", i)
		}
		time.Sleep(10 * time.Second)
		l.Print("dial %d", 1000)
		for i := range 1000 {
			l.Print(strings.Repeat("x", i)+"%d", i) // more kinds than there are
		}
		lines := strings.Split(log.String(), "\n")
		want := []string{
			`level=WARN msg="larder: the Redis client reports" text="dial 0" left_out=0`,
			`level=WARN msg="larder: the Redis client reports" text="AUTH ***\n0" left_out=0`,
			`level=WARN msg="larder: the Redis client reports" text="dial 1000" left_out=999`,
		}
		if got := lines[:min(3, len(lines))]; strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("the log begins\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if len(lines) > 110 {
			t.Errorf("%d lines for a thousand kinds", len(lines))
		}
		if plain.String() != "redis: before anybody: 1\n" {
			t.Errorf("beside the log: %q", plain.String())
		}
	})
}

// The log lines of the client go to the first logger until its stores are closed.
func TestTheClientsLinesGoToTheFirstLogUntilItsStoresAreClosed(t *testing.T) {
	var first, second bytes.Buffer
	l := redisstore.NewClientLog(io.Discard)
	firstLog := logTo(&first)
	closeA, closeB := l.Use(firstLog), l.Use(firstLog)
	closeC := l.Use(logTo(&second))
	l.Use(nil)()
	closeC()
	closeA()
	closeA()
	l.Print("one")
	l.Use(logTo(&second))
	l.Print("two")
	closeB()
	l.Print("three") // of a client that is being closed
	l.Use(logTo(&second))
	l.Print("four")
	if strings.Count(first.String(), "\n") != 3 || strings.Count(second.String(), "\n") != 1 || !strings.Contains(second.String(), "four") {
		t.Errorf("the first log has\n%s\nthe second\n%s", first.String(), second.String())
	}
}

// The log lines of the client have no password, also of stores without a logger, since a log has
// the lines of all clients of the process.
func TestTheClientsLinesHaveNoPasswordOfAStoreWithoutALog(t *testing.T) {
	var plain, log bytes.Buffer
	l := redisstore.NewClientLog(&plain)
	l.Use(nil, "s3cr3t")()
	l.Print("AUTH %s", "s3cr3t")
	l.Use(logTo(&log), "other")
	l.Print("AUTH s3cr3t other")
	l.Use(logTo(&log), "others")
	l.Print("AUTH others")
	if strings.Contains(log.String(), "***s") {
		t.Errorf("the end of a secret that begins with another is in the log: %s", log.String())
	}
	if plain.String() != "redis: AUTH ***\n" || !strings.Contains(log.String(), `text="AUTH *** ***"`) {
		t.Errorf("without a log: %q; with one: %q", plain.String(), log.String())
	}
}

// A server that refuses fills no log. The test runs in a process of its own, since go-redis has one
// logger a process.
func TestAServerThatRefusesFillsNoLog(t *testing.T) {
	if mode := os.Getenv("LARDER_TEST_CLIENT_LOG"); mode != "" {
		askRefused(t, mode)
		return
	}
	for _, test := range []struct {
		mode                 string
		stderr, slog, custom bool // who has lines
	}{
		{mode: "handler", slog: true},
		{mode: "leave", stderr: true},
		{mode: "custom", custom: true},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "LARDER_TEST_CLIENT_LOG="+test.mode, fmt.Sprint("LARDER_TEST_PORT=", testserver.FreePort(t)))
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%s%s", test.mode, err, stdout.String(), stderr.String())
		}
		reports := strings.Count(stdout.String(), "the Redis client reports")
		if (reports > 0) != test.slog || reports > 10 {
			t.Errorf("%s: the log of the handler has %d lines of go-redis:\n%s", test.mode, reports, stdout.String())
		}
		if lines := strings.Count(stderr.String(), "redis: "); (lines > 0) != test.stderr {
			t.Errorf("%s: %d lines of go-redis on stderr", test.mode, lines)
		}
		if lines := strings.Count(stdout.String(), "custom: "); (lines > 0) != test.custom {
			t.Errorf("%s: %d lines of go-redis at the application's own logger", test.mode, lines)
		}
	}
}

// askRefused asks a server that refuses connections 20 times.
func askRefused(t *testing.T, mode string) {
	option := ""
	switch mode {
	case "leave":
		option = "?client_log=leave"
	case "custom":
		redis.SetLogger(printLogger{})
	}
	cfg, err := cache.ParseURL("redis://127.0.0.1:" + os.Getenv("LARDER_TEST_PORT") + option)
	if err != nil {
		t.Fatal(err)
	}
	h, err := cache.NewHandler(cache.Settings{"default": cfg}, cache.WithLogger(logTo(os.Stdout)))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := h.Proxy("default").Set(t.Context(), "k", 1); err == nil {
			t.Fatal("the server answers")
		}
	}
	if err := h.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

type printLogger struct{}

func (printLogger) Printf(_ context.Context, format string, args ...any) {
	fmt.Printf("custom: "+format+"\n", args...)
}
