package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// elsewhere is the URL of the tests' server with a part of it changed.
func elsewhere(t *testing.T, raw string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

// The error about a missing table names it and what creates it.
func TestAMissingTableIsNamedWithWhatMakesIt(t *testing.T) {
	const help = `make it with the command "larder createcachetable" or with pgstore.CreateTable`
	raw := testserver.Postgres(t)
	_, err := pgstore.Open(t.Context(), pgstore.Options{URL: raw, Table: "nowhere"})
	wantError(t, "Open", err, `the table "nowhere" does not exist`, help)

	s, err := pgstore.New(database(t), pgstore.Options{Schema: "public", Table: "nowhere", CullInterval: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer shutdown(t, s)
	_, err = s.Get(t.Context(), []byte("k"))
	wantError(t, "Get", err, `the table "public"."nowhere" does not exist`, help)
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || errors.Is(err, driver.ErrNotFound) {
		t.Errorf("%v (%T) hides the server's error or is a miss", err, err)
	}
}

// An access that is refused is an error of one line.
func TestAnAccessThatIsRefusedIsOneLine(t *testing.T) {
	// The shared server may trust whoever connects; this one does not.
	raw := testserver.StartPostgres(t).URL()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	wrongPassword := elsewhere(t, raw, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "hunter2") })
	_, err = pgstore.Open(t.Context(), pgstore.Options{URL: wrongPassword})
	wantError(t, "a wrong password", err, "no connection to PostgreSQL at "+u.Host, "password authentication failed for user")
	wantNoSecret(t, err, "hunter2")

	noDatabase := elsewhere(t, raw, func(u *url.URL) { u.Path = "/nowhere" })
	_, err = pgstore.Open(t.Context(), pgstore.Options{URL: noDatabase})
	wantError(t, "a database that is not there", err, "at "+u.Host, `database "nowhere" does not exist`)
	secret, _ := u.User.Password()
	wantNoSecret(t, err, secret)
}

func wantNoSecret(t *testing.T, err error, secret string) {
	t.Helper()
	for _, text := range []string{fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		if strings.Contains(text, secret) {
			t.Errorf("the password is in %s", text)
		}
	}
}

// The error about a host that refuses names it.
func TestAHostThatRefusesIsNamed(t *testing.T) {
	host := fmt.Sprintf("127.0.0.1:%d", testserver.FreePort(t))
	_, err := pgstore.Open(t.Context(), pgstore.Options{URL: "postgres://u:hunter2@" + host + "/db"})
	wantError(t, "Open", err, "no connection to PostgreSQL at "+host, "connection refused")
	wantNoSecret(t, err, "hunter2")
	if n := strings.Count(err.Error(), "connection refused"); n != 1 {
		t.Errorf("one refusal is told %d times: %v", n, err)
	}
}

// unresponsiveServer accepts connections and says nothing.
func unresponsiveServer(t *testing.T) (host string) {
	t.Helper()
	return serve(t, func(conn net.Conn) {})
}

// serve runs a server that greets each connection, and keeps it open until the
// test ends.
func serve(t *testing.T, greet func(net.Conn)) (host string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			greet(conn)
			defer func() { _ = conn.Close() }()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
	})
	return listener.Addr().String()
}

// A host that does not answer is given up after the time-out.
func TestAHostThatIsUnresponsiveIsGivenUpAfterTheTimeout(t *testing.T) {
	host := unresponsiveServer(t)
	_, err := pgstore.Open(t.Context(), pgstore.Options{
		URL:     "postgres://u:hunter2@" + host + "/db?sslmode=disable",
		Timeout: 50 * time.Millisecond,
	})
	wantError(t, "Open", err, "no connection to PostgreSQL at "+host, "within 50ms")
	wantNoSecret(t, err, "hunter2")
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v does not match os.ErrDeadlineExceeded", err)
	}

	_, err = pgstore.Open(t.Context(), pgstore.Options{
		URL:  "postgres://u:hunter2@" + host + "/db?sslmode=disable",
		Pool: pgstore.PoolOptions{ConnectTimeout: 50 * time.Millisecond},
	})
	wantError(t, "Open with a ConnectTimeout", err, "no connection to PostgreSQL at "+host, "timeout")
}

// welcome greets as a server of the version does, and says nothing more.
func welcome(version string) func(net.Conn) {
	return func(conn net.Conn) {
		backend := pgproto3.NewBackend(conn, conn)
		if _, err := backend.ReceiveStartupMessage(); err != nil {
			return
		}
		backend.Send(&pgproto3.AuthenticationOk{})
		backend.Send(&pgproto3.ParameterStatus{Name: "server_version", Value: version})
		backend.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}})
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		_ = backend.Flush()
	}
}

// oldServer greets as PostgreSQL 14 does.
func oldServer(t *testing.T) (host string) {
	t.Helper()
	return serve(t, welcome("14.11 (Debian 14.11-1)"))
}

// Open returns at the end of its context even if the server does not answer. A server that falls
// unresponsive after its greeting is asked to cancel the statement, for 15 s, and the pool waits for
// that; Open does not.
func TestOpenLeavesAnUnresponsiveServerAtTheEndOfItsContext(t *testing.T) {
	host := serve(t, welcome("16.1"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	opened := make(chan error, 1)
	go func() {
		_, err := pgstore.Open(ctx, pgstore.Options{URL: "postgres://u@" + host + "/db?sslmode=disable", Timeout: time.Hour})
		opened <- err
	}()
	select {
	case err := <-opened:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Open: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Open does not return")
	}
}

// A server that is too old is refused.
func TestAServerThatIsTooOldIsRefused(t *testing.T) {
	host := oldServer(t)
	_, err := pgstore.Open(t.Context(), pgstore.Options{URL: "postgres://u@" + host + "/db?sslmode=disable"})
	wantError(t, "Open", err, "PostgreSQL at "+host+" is version 14.11", "pgstore needs 15 or later")
}

// The version of a server is read whatever follows it.
func TestVersionsAreReadWhateverFollows(t *testing.T) {
	for text, want := range map[string]int{"15.18 (Debian 15.18-0+deb12u1)": 15, "18beta1": 18, "9.6.24": 9, "": 0, "unknown": 0} {
		if got, ok := pgstore.MajorVersion(text); got != want || ok != (want > 0) {
			t.Errorf("version %q: %d, %t, want %d", text, got, ok, want)
		}
	}
}

// The error about a pool without free connections says so.
func TestAPoolThatIsInUseIsSaidToBe(t *testing.T) {
	opts := newTable(t, pgstore.Options{Timeout: 50 * time.Millisecond, CullInterval: -1})
	pool := newPool(t, opts.URL+"&pool_max_conns=1", nil)
	opts.URL = ""
	s, err := pgstore.New(pool, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer shutdown(t, s)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	_, err = s.Get(t.Context(), []byte("k"))
	wantError(t, "Get", err, "1 of 1 connections are in use", "within 50ms")

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err = s.Get(ctx, []byte("k")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a context that ends first: %v", err)
	}
}
