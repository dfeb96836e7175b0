package pages

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// serveProxy serves p as an origin, and before it a program that command says.
func serveProxy(ctx context.Context, p *Page, command func(origin, addr string) launch.Command) (string, func(), error) {
	origin, stop, err := loopback.Serve(at(p))
	if err != nil {
		return "", nil, err
	}
	port, err := launch.Reserve()
	if err != nil {
		stop()
		return "", nil, err
	}
	c := command(origin, port.Addr())
	c.Ports, c.Ready = []*launch.Port{port}, answers
	c.User = "nobody" // if this process is root's
	proxy, err := launch.Start(ctx, c)
	if err != nil {
		stop()
		return "", nil, err
	}
	return proxy.Addr(), func() {
		_ = proxy.Close() // its folder is a temporary one
		stop()
	}, nil
}

// answers checks that an HTTP server answers, which does not make the page.
func answers(ctx context.Context, addr string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/ready", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: new(net.Dialer).DialContext}}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusNotFound {
		err = fmt.Errorf("it answers with %s", response.Status)
	}
	return errors.Join(err, response.Body.Close())
}

// writeSettings has a file with these settings in the folder of the process.
func writeSettings(name, text string) func(ctx context.Context, dir string) error {
	return func(_ context.Context, dir string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
	}
}
