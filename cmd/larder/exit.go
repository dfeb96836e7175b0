package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/larder-go/larder/cache"
)

// The exit codes, which the package comment explains.
const (
	exitDone = iota
	exitNo
	exitUsage
	exitFailed
	exitNotJudged
)

// said is the error of a command that has itself said what there is to say:
// only the exit code is left.
type said int

func (code said) Error() string { return "exit code " + strconv.Itoa(int(code)) }

// errNo is returned by a command that has said that the answer is no.
const errNo = said(exitNo)

// errUsage is what every mistake on the command line matches.
var errUsage = errors.New("usage")

type usage struct{ text string }

func (u usage) Error() string        { return u.text }
func (u usage) Is(target error) bool { return target == errUsage }

// usageError returns an error that matches errUsage.
func usageError(text string) error { return usage{text} }

// parseError returns the error of the parser as one that matches errUsage. The
// parser quotes arguments that it does not understand, and one that is in the
// wrong place may have a password.
func parseError(err error, args []string) error {
	text := err.Error()
	for _, arg := range args {
		if _, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(arg, "-") {
			arg = value
		}
		text = strings.ReplaceAll(text, arg, shown(arg))
	}
	return usage{text}
}

// shown returns an argument for messages: not if it may be a URL.
func shown(arg string) string {
	if strings.Contains(arg, "://") || strings.Contains(arg, "@") {
		return "(a URL, which goes behind --url)"
	}
	return arg
}

// kinds are the errors that a script may want to tell apart. The first that
// matches counts.
var kinds = []struct {
	err  error
	kind string
	code int
}{
	{errUsage, "usage", exitUsage},
	{context.Canceled, "interrupted", exitFailed},
	{context.DeadlineExceeded, "timeout", exitFailed},
	{cache.ErrOpenFailed, "unavailable", exitFailed},
	{cache.ErrInvalidBackend, "settings", exitUsage},
	{cache.ErrInvalidKey, "invalid_key", exitUsage},
	{cache.ErrInvalidVersion, "invalid_version", exitUsage},
	{cache.ErrUnencodable, "unencodable", exitUsage},
	{cache.ErrNotFound, "not_found", exitNo},
	{cache.ErrTooLarge, "too_large", exitUsage},
	{cache.ErrNotInteger, "not_integer", exitUsage},
	{cache.ErrOverflow, "overflow", exitUsage},
	{cache.ErrWrongType, "wrong_type", exitUsage},
	{cache.ErrUnsupported, "unsupported", exitUsage},
}

// classify returns the name of an error's kind and its exit code.
func classify(err error) (kind string, code int) {
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.kind, k.code
		}
	}
	return "failed", exitFailed
}

func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	_, code := classify(err)
	return code
}

// openFailed gives the error of a backend that the command has opened itself
// the form that the core would give it.
func openFailed(alias string, err error) error {
	return fmt.Errorf("%w: alias %q: %w", cache.ErrOpenFailed, alias, err)
}
