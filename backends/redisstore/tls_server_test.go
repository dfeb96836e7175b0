package redisstore_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// tlsOptions are those of a URL for a server that testserver has started.
func tlsOptions(server *testserver.Process) string {
	return "?tls_ca=" + filepath.Join(server.Dir(), launch.AuthorityFile)
}

// withCertificate adds that of the client.
func withCertificate(server *testserver.Process) string {
	return tlsOptions(server) + "&tls_cert=" + filepath.Join(server.Dir(), launch.CertificateFile) +
		"&tls_key=" + filepath.Join(server.Dir(), launch.KeyFile)
}

// opensVariable gives TestThatOpens, in a process of its own, a URL.
const opensVariable = "LARDER_TEST_OPENS"

// A store opens over TLS 1.3 in a process of its own.
func TestThatOpens(t *testing.T) {
	url := os.Getenv(opensVariable)
	if url == "" {
		return // it has nothing to test: it is what the next test runs
	}
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) { openAndUse(t, url) })
	}
}

// openAndUse opens a store and uses several of its connections at once.
func openAndUse(t *testing.T, url string) {
	opened, err := openURL(t, url+"&max_retries=0")
	if err != nil {
		t.Fatal(err)
	}
	s := opened.(*redisstore.Store)
	var using sync.WaitGroup
	for i := range 4 {
		using.Go(func() {
			key := []byte(fmt.Sprint("k", i))
			if err := s.Set(t.Context(), key, key, driver.Never); err != nil {
				t.Errorf("Set: %v", err)
			}
			if got, err := s.Get(t.Context(), key); string(got) != string(key) {
				t.Errorf("Get = %q, %v", got, err)
			}
		})
	}
	using.Wait()
}

// TLS 1.3 works in fresh processes: the server sends session tickets after the handshake whenever
// it likes, and where they meet the client differs from one process to the next.
func TestTLS13IsOpenedInFreshProcesses(t *testing.T) {
	t.Parallel()
	server := testserver.StartRedisTLS(t)
	for range 6 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestThatOpens$")
		child.Env = append(os.Environ(), opensVariable+"=rediss://"+server.Addr()+tlsOptions(server))
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}

// TLS 1.3 works with a client certificate.
func TestTLS13WithACertificateOfTheClient(t *testing.T) {
	t.Parallel()
	server := testserver.StartRedisTLS(t, "--tls-auth-clients", "yes")
	if _, err := openURL(t, "rediss://"+server.Addr()+tlsOptions(server)); err == nil {
		t.Error("the store is opened without a certificate")
	}
	for range 5 {
		openAndUse(t, "rediss://"+server.Addr()+withCertificate(server))
	}
}

// TLS 1.3 works on a cluster.
func TestTLS13OfACluster(t *testing.T) {
	t.Parallel()
	nodes := testserver.StartRedisClusterTLS(t, 3)
	for range 5 {
		openAndUse(t, "redis+cluster://"+nodes[0].Addr()+tlsOptions(nodes[0])+"&tls=true")
	}
}

// TLS 1.3 works behind Sentinels.
func TestTLS13OfSentinels(t *testing.T) {
	t.Parallel()
	primary := testserver.StartRedisTLS(t)
	sentinels := testserver.StartRedisSentinelsTLS(t, 1, "larder", primary.Addr())
	for range 5 {
		openAndUse(t, "redis+sentinel://"+sentinels[0].Addr()+"/larder"+tlsOptions(primary)+"&tls=true")
	}
}

// An idle connection over TLS is used again after the client has looked at it, which it does after
// five idle seconds.
func TestAnIdleConnectionIsUsedAgain(t *testing.T) {
	t.Parallel()
	secure, plain := testserver.StartRedisTLS(t), testserver.StartRedis(t)
	for _, test := range []struct{ name, url, scheme string }{
		{"TLS", "rediss://" + secure.Addr() + tlsOptions(secure), "rediss"},
		{"plain", "redis://" + plain.Addr() + "?", "redis"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			opened, err := openURL(t, test.url+"&max_retries=0&pool_size=1")
			if err != nil {
				t.Fatal(err)
			}
			s := opened.(*redisstore.Store)
			set(t, s, "k", "v")
			server := observer(t, plain.Addr(), nil)
			if test.scheme == "rediss" {
				server = observer(t, secure.Addr(), &tls.Config{InsecureSkipVerify: true})
			}
			before := onlyClient(t, server, "")
			testserver.Await(t, func(ctx context.Context) error {
				if line := clientsOf(ctx, server); !strings.Contains(line, " idle=6 ") {
					return fmt.Errorf("not idle for six seconds: %s", line)
				}
				return nil
			})
			for range 3 {
				wantValue(t, s, "k", "v")
			}
			onlyClient(t, server, before)
		})
	}
}

const observerName = "observer"

// observer returns a client that looks at a server from outside.
func observer(t *testing.T, addr string, config *tls.Config) *redis.Client {
	return rawClient(t, redis.NewClient(&redis.Options{Addr: addr, TLSConfig: config, ClientName: observerName}))
}

// clientsOf returns what a server says of its clients other than the observer.
func clientsOf(ctx context.Context, server *redis.Client) string {
	var others strings.Builder
	for line := range strings.Lines(server.ClientList(ctx).Val()) {
		if !strings.Contains(line, " name="+observerName+" ") {
			others.WriteString(line)
		}
	}
	return others.String()
}

// onlyClient returns the id of the one connection that a server has, which must
// be want unless that is empty.
func onlyClient(t *testing.T, server *redis.Client, want string) string {
	t.Helper()
	lines := clientsOf(t.Context(), server)
	id, _, _ := strings.Cut(lines, " ")
	if strings.Count(lines, "\n") != 1 || want != "" && id != want {
		t.Fatalf("want one connection, %s:\n%s", want, lines)
	}
	return id
}
