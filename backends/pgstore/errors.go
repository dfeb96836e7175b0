package pgstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/larder-go/larder/cache/driver"
)

// SQLSTATEs, of appendix A of PostgreSQL's manual.
const (
	codeSerializationFailure = "40001"
	codeDeadlock             = "40P01"
	codeUndefinedTable       = "42P01"
	codeDuplicateTable       = "42P07"
	codeUniqueViolation      = "23505"
	codeDuplicateStatement   = "42P05"
	codeUnknownStatement     = "26000"
	codeInvalidText          = "22P02"
	codeOutOfRange           = "22003"
)

func hasCode(err error, codes ...string) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	for _, code := range codes {
		if pgErr.Code == code {
			return true
		}
	}
	return false
}

// repeatable reports whether a statement that failed with err was undone by
// the server and may succeed when sent again.
func repeatable(err error) bool {
	return err != nil && hasCode(err, codeSerializationFailure, codeDeadlock)
}

// explained is an error with a text that says more, or reveals less, than that
// of its cause.
type explained struct {
	text  string
	cause error
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.cause }

// explain turns an error of pgx into what the store returns. ctx is the
// caller's.
func (t *target) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var connect *pgconn.ConnectError
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return driver.ErrNotFound
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &connect):
		return &explained{t.noConnection(oneLine(connect.Unwrap())), err}
	case hasCode(err, codeUndefinedTable):
		return &explained{fmt.Sprintf("the table %s does not exist in the database %q at %s: "+
			"make it with the command \"%s\" or with pgstore.CreateTable", t.table, t.database, t.server, t.command()), err}
	case hasCode(err, codeDuplicateStatement, codeUnknownStatement):
		return &explained{fmt.Sprintf("the prepared statements of PostgreSQL at %s are mixed up, as by a proxy such as PgBouncer in transaction mode: "+
			"set query_mode to exec, or max_prepared_statements in PgBouncer 1.21 or later: %v", t.server, err), err}
	}
	return err
}

// command is what makes the table.
func (t *target) command() string {
	return strings.TrimSpace("larder createcachetable " + t.alias)
}

// unopened is the error of opening a store: where the caller's context has
// ended, it says what was waited for, and for how long.
func (t *target) unopened(ctx context.Context, err error, after time.Duration) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	return &explained{t.noConnection(fmt.Sprintf("none after %v: %v", after.Round(time.Millisecond), err)), err}
}

// noConnection begins every message about one that could not be had.
func (t *target) noConnection(why string) string {
	return fmt.Sprintf("no connection to PostgreSQL at %s (user %q, database %q): %s", t.server, t.user, t.database, why)
}

// oneLine returns the text of err with what pgx puts on several lines, one for
// each address and each form of TLS tried, on one and without repetition.
func oneLine(err error) string {
	var parts []string
	seen := make(map[string]bool)
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		if line != "" && !seen[line] {
			seen[line] = true
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, "; ")
}

// lateError reports that Options.Timeout ran out.
type lateError struct {
	text  string
	after time.Duration
}

func (e *lateError) Error() string   { return fmt.Sprintf("%s within %v", e.text, e.after) }
func (e *lateError) Timeout() bool   { return true }
func (e *lateError) Temporary() bool { return true }
func (e *lateError) Unwrap() error   { return os.ErrDeadlineExceeded }
