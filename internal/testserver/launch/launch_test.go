package launch_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/internal/testserver/launch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAFreePortIsOneThatNoClientIsGiven(t *testing.T) {
	for range 50 {
		port, err := launch.Reserve()
		if err != nil {
			t.Fatal(err)
		}
		defer port.Release()
		if port.Number() < 10_000 || port.Number() >= 32_768 {
			t.Errorf("port %s is among those of outgoing connections", port)
		}
		listener, err := net.Listen("tcp", port.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
	}
}

func TestAPortIsReservedOnceUntilItsServerIsClosed(t *testing.T) {
	testserver.Require(t, "redis-server")
	server := testserver.StartRedis(t)
	server.Kill() // its port is free, and still its own
	var others []*launch.Port
	defer func() {
		for _, port := range others {
			port.Release()
		}
	}()
	taken := map[string]bool{server.Addr(): true}
	for range 2000 {
		port, err := launch.Reserve()
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, port)
		if taken[port.Addr()] {
			t.Fatalf("%s is reserved twice", port.Addr())
		}
		taken[port.Addr()] = true
	}
}

func TestFindLooksWherePackagesKeepServers(t *testing.T) {
	testserver.Require(t, "postgres")
	t.Setenv("PATH", "/nowhere")
	if path, err := launch.Find("postgres"); err != nil {
		t.Errorf("%q, %v", path, err)
	}
}

func TestAProgramThatIsNotThereIsErrNotInstalled(t *testing.T) {
	_, err := launch.Start(t.Context(), launch.Command{Program: "no-such-server", User: "nobody"})
	if !errors.Is(err, launch.ErrNotInstalled) || !strings.Contains(err.Error(), "no-such-server") {
		t.Errorf("the error is %v", err)
	}
}

func TestAServerThatEndsInsteadOfAnsweringIsQuotedAndLeavesNothing(t *testing.T) {
	testserver.Require(t, "redis-server")
	tmp := temporary(t)
	_, err := launch.Redis(t.Context(), "--no-such-setting", "1")
	if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "no-such-setting") {
		t.Errorf("the error is %v, want the status and what the server said", err)
	}
	wantEmpty(t, tmp)
}

func TestAStartThatIsCalledOffLeavesNothing(t *testing.T) {
	testserver.Require(t, "redis-server", "initdb")
	tmp := temporary(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := launch.Redis(ctx); err == nil {
		t.Error("Redis has been started")
	}
	if _, err := launch.Postgres(ctx); err == nil {
		t.Error("PostgreSQL has been started")
	}
	wantEmpty(t, tmp)
}

func TestAGroupOfWhichOneCannotStartLeavesNothing(t *testing.T) {
	testserver.Require(t, "redis-server")
	tmp := temporary(t)
	if _, err := launch.RedisCluster(t.Context(), 2, "--no-such-setting", "1"); err == nil {
		t.Error("the cluster has been started")
	}
	if _, err := launch.RedisSentinels(t.Context(), 1, "mymaster", "127.0.0.1:1"); err == nil {
		t.Error("the Sentinel has been started without a primary")
	}
	wantEmpty(t, tmp)
}

func TestAwaitReturnsTheLastErrorAtTheEndOfItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	last := errors.New("the third")
	err := launch.Await(ctx, func(context.Context) error {
		if calls++; calls < 3 {
			return errors.New("an earlier one")
		}
		cancel()
		return last
	})
	if !errors.Is(err, last) {
		t.Errorf("the error is %v, want %v", err, last)
	}
}

// temporary makes a folder that every user may enter the one for temporary
// files.
func temporary(t *testing.T) string {
	dir, err := os.MkdirTemp("", "larder-launch-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	return dir
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left are %v, error %v", left, err)
	}
}
