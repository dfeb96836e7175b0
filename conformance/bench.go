package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// proxyPackage is what is tested.
const proxyPackage = "github.com/larder-go/larder/examples/proxy"

// bench is the servers of a run.
type bench struct {
	origin, proxy *process
	binaries      string // the directory of what was built
}

// setUp starts an origin server, and the proxy in front of it.
func setUp(ctx context.Context, c config, dir string) (b *bench, err error) {
	b = new(bench)
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if b.origin, err = c.suite.startOrigin(ctx, dir); err != nil {
		return b, err
	}
	if b.binaries, err = os.MkdirTemp("", "larder-proxy-"); err != nil {
		return b, err
	}
	binary := filepath.Join(b.binaries, "proxy")
	if err = build(ctx, binary); err != nil {
		return b, err
	}
	b.proxy, err = start(ctx, dir, "proxy", "listening on ", nil,
		binary, "-rfc", "-listen", "127.0.0.1:0", "-upstream", b.origin.said, "-cache", c.cache)
	return b, err
}

// build builds the proxy: as a child of go run it would not get our signals.
func build(ctx context.Context, binary string) error {
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, proxyPackage).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build %s: %w\n%s", proxyPackage, err, out)
	}
	return nil
}

// url is where clients find the proxy.
func (b *bench) url() string { return "http://" + b.proxy.said }

// close stops the servers that were started, the last one first, and removes
// what was built.
func (b *bench) close() error {
	var errs []error
	for _, p := range []*process{b.proxy, b.origin} {
		if p != nil {
			errs = append(errs, p.close())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(b.binaries))...)
}
