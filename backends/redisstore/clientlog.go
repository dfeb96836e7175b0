package redisstore

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// go-redis has one logger for the whole process, by default a writer to stderr
// without a bound, and no lock around it. So it is replaced before any client can
// run. What an application sets later, with redis.SetLogger, takes its place.
func init() { redis.SetLogger(processLog) }

var processLog = newClientLog(log.New(os.Stderr, "redis: ", log.LstdFlags|log.Lshortfile))

const (
	// clientLogInterval is how often a line of one kind is written. The kind is its
	// format, of which go-redis has a few dozen.
	clientLogInterval = 10 * time.Second

	// maxClientLogKinds bounds the kinds that are distinguished; all further ones are
	// one kind.
	maxClientLogKinds = 100
)

// clientLog is the logger of all go-redis clients of the process. It writes, at a
// bounded rate, to the log of the first user, and to plain where there was none yet.
type clientLog struct {
	plain *log.Logger

	mu      sync.Mutex
	logger  *slog.Logger // nil before the first user
	users   int          // open stores whose log is logger
	secrets []string
	kinds   map[string]*lineKind
}

// lineKind is what is known of the lines with one format.
type lineKind struct {
	due     time.Time // of the next line
	dropped int       // since the last one
}

func newClientLog(plain *log.Logger) *clientLog {
	return &clientLog{plain: plain, kinds: make(map[string]*lineKind)}
}

// use directs the lines to logger, unless that is nil or an open store has directed
// them to another log. In either case it keeps secrets out of them from now on: a log
// has the lines of all clients. The store calls release when it is closed.
func (l *clientLog) use(logger *slog.Logger, secrets []string) (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, secret := range secrets {
		if !slices.Contains(l.secrets, secret) {
			l.secrets = append(l.secrets, secret)
		}
	}
	if logger == nil {
		return func() {}
	}
	if l.users == 0 {
		l.logger = logger
	}
	if l.logger != logger {
		return func() {}
	}
	l.users++
	return sync.OnceFunc(l.release)
}

// release ends one use. The log stays where it is until there is another user:
// clients that are being closed have something to say, too.
func (l *clientLog) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users--
}

// Printf implements the logger of go-redis.
func (l *clientLog) Printf(ctx context.Context, format string, args ...any) {
	logger, dropped, due := l.admit(format, time.Now())
	switch {
	case logger == nil:
		_ = l.plain.Output(2, l.text(format, args)) // as go-redis does, which has nobody to tell
	case due:
		logger.WarnContext(ctx, "larder: the Redis client reports", "text", l.text(format, args), "left_out", dropped)
	}
}

// admit returns the log, and reports whether a line with format may be written and
// how many were left out since the last.
func (l *clientLog) admit(format string, now time.Time) (logger *slog.Logger, dropped int, due bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.logger == nil {
		return nil, 0, false
	}
	kind := l.kind(format)
	if now.Before(kind.due) {
		kind.dropped++
		return l.logger, 0, false
	}
	dropped, kind.dropped, kind.due = kind.dropped, 0, now.Add(clientLogInterval)
	return l.logger, dropped, true
}

// kind returns that of the lines with format. The lock is held.
func (l *clientLog) kind(format string) *lineKind {
	if len(l.kinds) >= maxClientLogKinds && l.kinds[format] == nil {
		format = ""
	}
	kind := l.kinds[format]
	if kind == nil {
		kind = new(lineKind)
		l.kinds[format] = kind
	}
	return kind
}

// text is the line without the secrets of the stores.
func (l *clientLog) text(format string, args []any) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return hide(fmt.Sprintf(format, args...), l.secrets)
}
