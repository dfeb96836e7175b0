package redisstore

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
)

// serverErrors are the replies that stand for an error of the contract. A
// script embeds the reply in a text of its own, so it is looked for anywhere.
var serverErrors = []struct {
	text string
	err  error
}{
	// Another program's list or hash under a key of ours.
	{"WRONGTYPE", driver.ErrCorrupt},
	{"value is not an integer or out of range", driver.ErrNotInteger},
	{"increment or decrement would overflow", driver.ErrOverflow},
}

// translate gives err the form that the contract asks for. ctx is that of the
// operation.
func (s *Store) translate(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case isMiss(err):
		return driver.ErrNotFound
	case errors.Is(err, redis.ErrClosed), s.inFlight.IsClosed() && errors.Is(err, net.ErrClosed):
		return driver.ErrClosed
	}
	if isReply(err) {
		for _, known := range serverErrors {
			if strings.Contains(err.Error(), known.text) {
				return known.err
			}
		}
		return redact(err, s.secrets)
	}
	if ended := endedContext(ctx, err); ended != nil {
		return ended
	}
	if s.cluster {
		return nodeError{redact(err, s.secrets)}
	}
	return redact(err, s.secrets)
}

// nodeError is the failure of one node of a cluster: others may answer.
type nodeError struct{ error }

var _ driver.ServerFailure = nodeError{}

func (e nodeError) Unwrap() error { return e.error }

// OneOfSeveral implements [driver.ServerFailure].
func (e nodeError) OneOfSeveral() bool { return true }

// endedContext returns the context's error if that is what err comes from. The
// client waits by a deadline of the connection, which may pass a moment before
// the context notices.
func endedContext(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var timeout net.Error
	deadline, ok := ctx.Deadline()
	if ok && errors.As(err, &timeout) && timeout.Timeout() && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

func isMiss(err error) bool { return err == redis.Nil || errors.Is(err, redis.Nil) }

// isReply reports whether err is what the server answered, rather than a
// failure to get an answer.
func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

func isNoScript(err error) bool { return redis.HasErrorPrefix(err, "NOSCRIPT") }

// redacted is an error whose text has lost its secrets: a server that does not
// know a command repeats its arguments, those of AUTH included.
type redacted struct {
	text string
	err  error
}

func (e *redacted) Error() string { return e.text }
func (e *redacted) Unwrap() error { return e.err }

func redact(err error, secrets []string) error {
	text := hide(err.Error(), secrets)
	if text == err.Error() {
		return err
	}
	return &redacted{text, err}
}

// hide returns text without the secrets: the longest first, since one may be the beginning of
// another, which would be known by its end.
func hide(text string, secrets []string) string {
	longestFirst := slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) })
	for _, secret := range longestFirst {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}
