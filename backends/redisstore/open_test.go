package redisstore_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// openURL opens a store as a program does, from a URL.
func openURL(tb testing.TB, raw string) (driver.Store, error) {
	tb.Helper()
	cfg, err := cache.ParseURL(raw)
	if err != nil {
		return nil, err
	}
	backend := redisstore.Backend(cfg.Backend)
	if err := backend.Validate(driver.Config{Location: cfg.Location, Options: cfg.Options}); err != nil {
		return nil, fmt.Errorf("Validate: %w", err)
	}
	ctx, cancel := context.WithTimeout(tb.Context(), 10*time.Second)
	defer cancel()
	s, err := backend.Open(ctx, driver.Config{Location: cfg.Location, Options: cfg.Options})
	if err == nil {
		shutdownAtEnd(tb, s.(*redisstore.Store))
	}
	return s, err
}

const secret = "s3cret-word"

// An error of Open is one clear line.
func TestWhatIsWrongAtOpenIsOneClearLine(t *testing.T) {
	plain := testserver.StartRedis(t).Addr()
	guarded := testserver.StartRedis(t, "--requirepass", secret).Addr()
	replica := testserver.StartRedisReplica(t, plain).Addr()
	cluster := testserver.StartRedisCluster(t, 3).Addrs()
	sentinel := testserver.StartRedisSentinels(t, 1, "larder", plain).Addrs()[0]
	closed := fmt.Sprintf("127.0.0.1:%d", testserver.FreePort(t))
	old := startFake(t, "redis_version:3.2.12\r\nredis_mode:standalone\r\nrole:master\r\n")
	for _, test := range []struct{ name, url, want string }{
		{"unreachable", "redis://" + closed, "no answer from " + closed + " after "},
		{"unreachable cluster", "redis+cluster://" + closed, "no answer from the cluster of " + closed + " after "},
		{"unreachable Sentinel", "redis+sentinel://" + closed + "/larder", `no answer from the primary "larder" of the Sentinels ` + closed + " after "},
		{"unreachable replica", "redis://" + plain + "?replicas=" + closed, "no answer from " + closed + " after "},
		{"silent", "redis://" + startFake(t, "") + "?read_timeout=50ms&max_retries=0", "no answer from 127.0.0.1"},
		{"wrong password", "redis://:wrong-" + secret + "@" + guarded, guarded + " refuses the user name or the password"},
		{"wrong user", "redis://someone:" + secret + "@" + guarded, guarded + " refuses the user name or the password"},
		{"no password", "redis://" + guarded, guarded + " wants a password, and none is given"},
		{"no such database", "redis://" + plain + "/99", plain + " has no database 99"},
		{"too old", "redis://" + old, old + " is Redis 3.2.12, which is too old: 4.0 is needed, for UNLINK"},
		{"a node of a cluster", "redis://" + cluster[0], cluster[0] + " is a node of a cluster: use redis+cluster://"},
		{"no cluster", "redis+cluster://" + plain, "is not a cluster: use redis://"},
		{"a Sentinel", "redis://" + sentinel, sentinel + " is a Sentinel: use redis+sentinel://"},
		{"no such primary", "redis+sentinel://" + sentinel + "/another", `no answer from the primary "another"`},
		{"a replica", "redis://" + replica, replica + " is a replica of " + plain},
		{"TLS with a server that has none", "rediss://" + plain, "no answer from " + plain},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := openURL(t, test.url)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want one with %q", err, test.want)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q shows the secret or is more than a line", err)
			}
		})
	}
}

// Open obeys its context.
func TestOpenHeedsItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := redisstore.Open(ctx, redisstore.Options{Addrs: []string{startFake(t, "")}})
	wantErr(t, "Open", err, context.DeadlineExceeded)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("Open took %v, with a context of 50ms", took)
	}
}

// Secrets are in no error and no text, although a server that does not know a command repeats its
// arguments.
func TestSecretsAreInNoErrorAndNoText(t *testing.T) {
	addr := startFake(t, "echo")
	opts := redisstore.Options{Addrs: []string{addr}, Username: "someone", Password: secret}
	_, err := redisstore.Open(t.Context(), opts)
	if err == nil {
		t.Fatal("no error")
	}
	for _, text := range []string{err.Error(), opts.String(), fmt.Sprintf("%v %+v %#v %s", opts, opts, opts, &opts)} {
		if strings.Contains(text, secret) {
			t.Errorf("%q shows the secret", text)
		}
	}
}

// A store can be opened by every kind of URL.
func TestOpenByEveryKindOfURL(t *testing.T) {
	plain := testserver.StartRedis(t).Addr()
	replica := testserver.StartRedisReplica(t, plain).Addr()
	guarded := testserver.StartRedis(t, "--requirepass", "p@ss/word").Addr()
	cluster := testserver.StartRedisCluster(t, 3).Addrs()
	sentinel := testserver.StartRedisSentinels(t, 1, "larder", plain).Addrs()[0]
	for _, raw := range []string{
		"redis://" + plain,
		"redis://" + plain + "/3?pool_size=5&min_idle=1&dial_timeout=1s&read_timeout=2&write_timeout=500ms&max_retries=0",
		"redis://" + plain + "?replicas=" + replica + "&read_your_writes=10s",
		"redis://" + plain + "?pipeline=true&clear_batch=10&max_value_size=1MiB&owner=true",
		"redis://:p%40ss%2Fword@" + guarded,
		"redis://default:p%40ss%2Fword@" + guarded,
		"redis://" + guarded + "?password=p%40ss/word",
		"redis+cluster://" + cluster[0],
		"redis+cluster://?addrs=" + strings.Join(cluster, ","),
		"redis+sentinel://" + sentinel + "/larder/2",
		"redis+sentinel://" + sentinel + "?master=larder&db=2&addrs=" + sentinel,
	} {
		s, err := openURL(t, raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		set(t, s.(*redisstore.Store), "shop:1:k", raw)
		if text := fmt.Sprint(s); strings.Contains(text, "word") || !strings.Contains(text, "127.0.0.1") {
			t.Errorf("%s is printed as %q", raw, text)
		}
	}
}

// New shares the client of the application.
func TestNewSharesTheClientOfTheApplication(t *testing.T) {
	addr := testserver.StartRedis(t).Addr()
	client := rawClient(t, redis.NewClient(&redis.Options{Addr: addr}))
	s, err := redisstore.New(client, redisstore.StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	set(t, s, "k", "v")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Set", s.Set(t.Context(), []byte("k"), nil, driver.Never), driver.ErrClosed)
	if got := client.Get(t.Context(), "k").Val(); got != "v" {
		t.Errorf("the client has %q after Shutdown, want v", got)
	}
	ring := rawClient(t, redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": addr}}))
	if _, err := redisstore.New(ring, redisstore.StoreOptions{}); err == nil || !strings.Contains(err.Error(), "*redis.Ring") {
		t.Errorf("New of a Ring: %v", err)
	}
	if _, err := redisstore.New(client, redisstore.StoreOptions{ClearBatch: -1}); err == nil {
		t.Error("New with a negative ClearBatch: no error")
	}
}

// startFake starts a server that answers INFO with info and everything else
// with OK; with info "echo" it knows no command and says so as Redis does, and
// without any it never answers.
func startFake(tb testing.TB, info string) (addr string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(conn, info)
		}
	}()
	return listener.Addr().String()
}

func answer(conn net.Conn, info string) {
	defer conn.Close()
	for reader := bufio.NewReader(conn); ; {
		args, err := readCommand(reader)
		switch {
		case err != nil:
			return
		case info == "":
		case info == "echo":
			fmt.Fprintf(conn, "-ERR unknown command '%s', with args beginning with: '%s'\r\n", args[0], strings.Join(args[1:], "' '"))
		case strings.EqualFold(args[0], "info"):
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(info), info)
		case strings.EqualFold(args[0], "hello"):
			fmt.Fprint(conn, "-ERR unknown command 'HELLO'\r\n")
		default:
			fmt.Fprint(conn, "+OK\r\n")
		}
	}
}

// readCommand reads an array of bulk strings.
func readCommand(r *bufio.Reader) (args []string, err error) {
	var n, size int
	if _, err := fmt.Fscanf(r, "*%d\r\n", &n); err != nil {
		return nil, err
	}
	for range n {
		if _, err := fmt.Fscanf(r, "$%d\r\n", &size); err != nil {
			return nil, err
		}
		arg := make([]byte, size+2)
		for read := 0; read < len(arg); {
			k, err := r.Read(arg[read:])
			if err != nil {
				return nil, err
			}
			read += k
		}
		args = append(args, string(arg[:size]))
	}
	return args, nil
}

// A failed Open leaves no connection, although the client forgets one whose set-up fails at the
// wrong moment.
func TestAFailedOpenLeavesNoConnection(t *testing.T) {
	p := startProxy(t, startFake(t, ""))
	for i := range 40 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+i%10)*time.Millisecond)
		_, err := redisstore.Open(ctx, redisstore.Options{
			Addrs: []string{p.addr()}, ReadTimeout: 5 * time.Millisecond, MaxRetries: -1,
		})
		cancel()
		if err == nil {
			t.Fatal("a store is opened on a server that says nothing")
		}
	}
	testserver.Await(t, func(context.Context) error {
		if n := p.open(); n != 0 {
			return fmt.Errorf("%d connections are open", n)
		}
		return nil
	})
}
