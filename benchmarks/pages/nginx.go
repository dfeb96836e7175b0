package pages

import (
	"context"
	"fmt"

	"github.com/larder-go/larder/internal/testserver/launch"
)

// Nginx is its proxy_cache before the origin, with requests for one page
// collapsed, and stale pages while they are updated.
var Nginx = Rival{Name: "nginx", Program: "nginx", Serve: func(ctx context.Context, p *Page) (string, func(), error) {
	return serveProxy(ctx, p, func(origin, addr string) launch.Command {
		return launch.Command{
			Program: "nginx",
			Args:    []string{"-p", "./", "-c", "nginx.conf", "-e", "stderr"},
			Prepare: writeSettings("nginx.conf", fmt.Sprintf(nginxSettings, origin, addr, seconds(p.TTL))),
		}
	})
}}

// One worker: on two cores the client needs the other.
const nginxSettings = `
daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 2048; }
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	proxy_cache_path cache keys_zone=pages:10m max_size=100m use_temp_path=off;
	keepalive_requests 100000000;
	keepalive_timeout 3600s;
	upstream origin { server %[1]s; keepalive 8; }
	server {
		listen %[2]s backlog=2048;
		location / {
			proxy_pass http://origin;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_cache pages;
			proxy_cache_valid 200 %[3]ss;
			proxy_cache_lock on;
			proxy_cache_use_stale updating;
			proxy_cache_background_update on;
		}
	}
}
`
