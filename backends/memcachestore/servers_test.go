package memcachestore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// When one of three servers is gone, the keys of the others work, and those of this one fail.
func TestOneServerOfThreeIsGone(t *testing.T) {
	gone := testserver.StartMemcached(t)
	addrs := append(startServers(t, 2), gone.Addr())
	s := open(t, memcachestore.Options{Addrs: addrs})
	in := s.In(shop)
	many := in.(driver.Many)

	const n = 100
	keys, items, ofGone := make([][]byte, n), make([]driver.Item, n), make([]bool, n)
	for i := range n {
		keys[i] = fmt.Appendf(nil, "shop:1:%d", i)
		items[i] = driver.Item{Key: keys[i], Value: keys[i]}
		ofGone[i] = s.ServerOf(string(keys[i])) == gone.Addr()
	}
	if errs, err := many.SetMany(t.Context(), items, driver.Never); errs != nil || err != nil {
		t.Fatal(errs, err)
	}
	gone.Kill()

	for i, key := range keys {
		_, err := in.Get(t.Context(), key)
		if ofGone[i] {
			wantServerError(t, err, gone.Addr(), 0)
		} else if err != nil {
			t.Errorf("Get(%s), whose server is there: %v", key, err)
		}
	}
	errs, err := many.SetMany(t.Context(), items, driver.Never)
	if err != nil || len(errs) != n {
		t.Fatalf("SetMany: %d errors, %v", len(errs), err)
	}
	for i, err := range errs {
		if (err != nil) != ofGone[i] {
			t.Errorf("SetMany, item %d: %v; its server is gone: %v", i, err, ofGone[i])
		}
	}
	_, err = many.GetMany(t.Context(), keys)
	wantServerError(t, err, gone.Addr(), 0)
	wantServerError(t, many.DeleteMany(t.Context(), keys[:50]), gone.Addr(), 0)
	wantServerError(t, in.Clear(t.Context(), shop), gone.Addr(), 0)
	wantServerError(t, s.Ping(t.Context()), gone.Addr(), 0)
	for i, key := range keys {
		if _, err := in.Get(t.Context(), key); !ofGone[i] && !errors.Is(err, driver.ErrNotFound) {
			t.Errorf("Get(%s) after Clear: %v", key, err)
		}
	}

	if err := gone.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		set(t, in, string(key), "again")
		wantValue(t, in, string(key), "again")
	}
}

// A restart of a server costs at most one error.
func TestARestartCostsOneErrorAtMost(t *testing.T) {
	server := testserver.StartMemcached(t)
	s := open(t, memcachestore.Options{Addrs: []string{server.Addr()}, MaxConns: 8}).In(shop)
	useConnections(t, s, 8)
	server.Kill()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	failures := 0
	for i := range 20 {
		if err := s.Set(t.Context(), fmt.Appendf(nil, "shop:1:%d", i), nil, driver.Never); err != nil {
			failures++
		}
	}
	if failures > 1 {
		t.Errorf("%d operations failed after the restart", failures)
	}
}

// After a restart of a server nothing that was cleared comes back.
func TestARestartedServerIsEmptyForAll(t *testing.T) {
	server := testserver.StartMemcached(t)
	one, other := newProcess(t, server.Addr()), newProcess(t, server.Addr())
	set(t, one.shop, "shop:1:k", "old")
	wantValue(t, other.shop, "shop:1:k", "old")
	server.Kill()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _ = one.shop.Get(t.Context(), []byte("shop:1:k")) // these may meet
	_, _ = other.shop.Get(t.Context(), []byte("shop:1:k"))
	wantMissing(t, one.shop, "shop:1:k")
	one.clock.advance(lag + time.Second)
	set(t, one.shop, "shop:1:k", "new")
	wantValue(t, other.shop, "shop:1:k", "new") // holds another epoch, and asks
}

// Servers are reached by Unix sockets, IPv6 and TLS.
func TestUnixSocketIPv6AndTLS(t *testing.T) {
	port := testserver.FreePort(t)
	testserver.Start(t, "memcached", "-l", "::1", "-p", strconv.Itoa(port))
	secure, dial := behindTLS(t, testserver.StartMemcached(t).Addr())
	for name, opts := range map[string]memcachestore.Options{
		"unix socket": {Addrs: []string{testserver.StartMemcachedUnix(t).Addr()}},
		"IPv6":        {Addrs: []string{fmt.Sprintf("[::1]:%d", port)}},
		"TLS":         {Addrs: []string{secure}, Dial: dial},
	} {
		s := open(t, opts)
		testserver.Await(t, s.Ping)
		in := s.In(shop)
		set(t, in, "shop:1:k", name)
		wantValue(t, in, "shop:1:k", name)
	}
}

// behindTLS returns an address at which the server at addr speaks TLS, and a
// function that dials it.
func behindTLS(tb testing.TB, addr string) (string, func(ctx context.Context, network, address string) (net.Conn, error)) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	var wg sync.WaitGroup
	tb.Cleanup(func() {
		listener.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { forward(tb, conn, addr) })
		}
	})
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}}
	return listener.Addr().String(), dialer.DialContext
}

// forward copies both ways until either side ends.
func forward(tb testing.TB, conn net.Conn, addr string) {
	defer conn.Close()
	server, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Error(err)
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(conn, server)
		conn.Close()
	})
	_, _ = io.Copy(server, conn)
	server.Close()
	wg.Wait()
}
