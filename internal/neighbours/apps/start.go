package apps

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// ModulesVariable names the folder into which make apps has put Express.
const ModulesVariable = "LARDER_TEST_EXPRESS"

// root is the root of the repository, from the folder of this package, where its
// tests run.
const root = "../../.."

// python is the interpreter for which Debian packages Django.
const python = "/usr/bin/python3"

// StartDjango starts the site of testdata/django, and a cache before it.
func StartDjango(t testing.TB) Site {
	t.Helper()
	testserver.Require(t, python)
	if err := exec.CommandContext(t.Context(), python, "-c", "import django").Run(); err != nil {
		testserver.Unavailable(t, "Django is not installed: `make apps` installs it")
	}
	port := reserve(t)
	return startSite(t, launch.Command{
		Program: python,
		Args:    []string{"-B", "serve.py", port.Addr()},
		Ports:   []*launch.Port{port},
		Prepare: func(_ context.Context, dir string) error { return os.CopyFS(dir, os.DirFS("testdata/django")) },
	})
}

// StartExpress starts the application of testdata/express, and a cache before it.
func StartExpress(t testing.TB) Site {
	t.Helper()
	testserver.Require(t, "node")
	modules := os.Getenv(ModulesVariable)
	if modules == "" {
		testserver.Unavailable(t, ModulesVariable+" is not set: `make apps` installs Express and sets it")
	}
	port := reserve(t)
	return startSite(t, launch.Command{
		Program: "node",
		Args:    []string{"app.js", port.String()},
		Ports:   []*launch.Port{port},
		Prepare: func(_ context.Context, dir string) error {
			// The user that runs the server may not be allowed into the repository.
			return errors.Join(
				os.CopyFS(filepath.Join(dir, "node_modules"), os.DirFS(filepath.Join(modules, "node_modules"))),
				os.CopyFS(dir, os.DirFS("testdata/express")))
		},
	})
}

// startSite starts an application, and the cache before it.
func startSite(t testing.TB, command launch.Command) Site {
	t.Helper()
	app := start(t, command)
	return Site{Direct: "http://" + app.Addr(), Cached: startProxy(t, app.Addr())}
}

// startProxy builds and starts examples/proxy before upstream, and returns its URL.
func startProxy(t testing.TB, upstream string) string {
	t.Helper()
	port := reserve(t)
	proxy := start(t, launch.Command{
		Program: buildProxy(t),
		Args:    []string{"-addr", port.Addr(), "-upstream", "http://" + upstream},
		Ports:   []*launch.Port{port},
	})
	return "http://" + proxy.Addr()
}

// buildProxy returns the path of examples/proxy, which every user may run.
func buildProxy(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "larder-proxy-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "proxy")
	build := exec.CommandContext(t.Context(), "go", "-C", root, "build", "-o", program, "./examples/proxy")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building examples/proxy: %v\n%s", err, out)
	}
	return program
}

// start starts a server that answers connections once it is ready.
func start(t testing.TB, command launch.Command) *launch.Process {
	t.Helper()
	command.User = "nobody"
	command.Ready = func(ctx context.Context, addr string) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	p, err := launch.Start(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s said\n%s", p.Program(), p.Log())
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func reserve(t testing.TB) *launch.Port {
	t.Helper()
	port, err := launch.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	return port
}
