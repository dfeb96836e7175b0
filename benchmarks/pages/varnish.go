package pages

import (
	"context"
	"fmt"
	"net"

	"github.com/larder-go/larder/internal/testserver/launch"
)

// Varnish is varnishd before the origin, with grace.
var Varnish = Rival{Name: "varnish", Program: "varnishd", Serve: func(ctx context.Context, p *Page) (string, func(), error) {
	program, err := launch.Find("varnishd")
	if err != nil {
		return "", nil, err
	}
	return serveProxy(ctx, p, func(origin, addr string) launch.Command {
		host, port, _ := net.SplitHostPort(origin) // it was listened on
		return launch.Command{
			Program: "sh", // which knows the folder: a relative one is elsewhere to varnishd
			Args:    []string{"-c", `exec "$0" -n "$PWD/work" -f "$PWD/varnish.vcl" "$@"`, program, "-F", "-a", addr, "-s", "malloc,100m", "-p", "timeout_idle=3600"},
			Prepare: writeSettings("varnish.vcl", fmt.Sprintf(varnishSettings, host, port, seconds(p.TTL), seconds(grace))),
		}
	})
}}

const varnishSettings = `
vcl 4.1;
backend default { .host = "%s"; .port = "%s"; }
sub vcl_backend_response {
	set beresp.ttl = %ss;
	set beresp.grace = %ss;
}
`
