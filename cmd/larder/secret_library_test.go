package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testserver"
)

// logged is everything that is logged meanwhile, by the library to slog's
// default and by go-redis to its own.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) Printf(_ context.Context, format string, v ...any) {
	_, _ = fmt.Fprintf(l, format+"\n", v...)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func capture(t *testing.T) *logged {
	l := new(logged)
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})))
	redis.SetLogger(l)
	t.Cleanup(func() {
		slog.SetDefault(before)
		logging.Disable()
	})
	return l
}

// The errors of the library show no password in any verb, nor do its settings
// and what it logs.
func TestNoErrorAndNoLogOfTheLibraryHasAPassword(t *testing.T) {
	log := capture(t)
	closed := fmt.Sprintf("127.0.0.1:%d", testserver.FreePort(t))
	guarded := testserver.StartRedis(t, "--requirepass", "the-right-one").Addr()
	postgres := elsewhere(t, testserver.StartPostgres(t).URL(), password(marker))
	echo := serve(t, echoing)
	for _, raw := range []string{
		"redis://:" + marker + "@" + guarded, "redis://" + guarded + "?password=" + marker, "redis://:" + marker + "@" + closed, "redis://:" + marker + "@" + echo,
		"redis+sentinel://:" + marker + "@" + closed + "/main?sentinel_password=" + marker, "redis+cluster://:" + marker + "@" + closed,
		postgres, elsewhere(t, postgres, host(closed)), elsewhere(t, postgres, host(echo)), elsewhere(t, postgres, func(u *url.URL) { u.Path = "/nowhere" }),
		"redis://:" + marker + "@" + closed + "?colour=red", "redis://u:" + marker + "#x@h", "postgres://u:" + marker + "@h:port/d",
	} {
		for _, policy := range []cache.ErrorPolicy{cache.ReturnErrors, cache.MissOnError} {
			wantHidden(t, raw, tryURL(t, raw, policy), log)
		}
	}
	if !strings.Contains(log.String(), "the cache backend fails") {
		t.Error("nothing was logged:", log)
	}
}

// tryURL returns what there is to print of a cache that does not work.
func tryURL(t *testing.T, raw string, policy cache.ErrorPolicy) []any {
	cfg, err := cache.ParseURL(raw)
	if err != nil {
		return []any{err}
	}
	cfg.OnError = policy
	cfg.BreakerFailures = 1
	settings := cache.Settings{"default": cfg}
	handler, err := cache.NewHandler(settings)
	if err != nil {
		return []any{cfg, settings, err}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	defer handler.Shutdown(context.WithoutCancel(ctx))
	c, err := handler.Cache("default")
	if err != nil {
		t.Fatal(err)
	}
	_, getErr := c.Get(ctx, "k", new(any))
	slog.Info("a program that logs", "settings", settings, "config", cfg, "error", getErr)
	return []any{cfg, &cfg, settings, handler.Open(ctx), getErr, c.Set(ctx, "k", "v")}
}

func wantHidden(t *testing.T, raw string, shown []any, log *logged) {
	t.Helper()
	text := log.String()
	for _, v := range shown {
		text += fmt.Sprintf("%v\n%+v\n%#v\n%s\n", v, v, v, v)
	}
	if at := strings.Index(text, marker); at >= 0 {
		t.Fatalf("%s\nis shown: ...%s", raw, text[max(0, at-200):min(len(text), at+100)])
	}
}
