package apps

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// StartNginx starts nginx with the configuration that its package has installed, on
// the files that prepare writes into a folder, and a cache before it. directives are
// added to its server.
func StartNginx(t testing.TB, prepare func(public string) error, directives string) Site {
	t.Helper()
	testserver.Require(t, "nginx")
	port := reserve(t)
	return startSite(t, launch.Command{
		Program: "nginx",
		Args:    []string{"-e", "stderr", "-p", ".", "-c", "nginx.conf", "-g", "daemon off;"},
		Ports:   []*launch.Port{port},
		Prepare: func(_ context.Context, dir string) error {
			public := filepath.Join(dir, "public")
			if err := os.Mkdir(public, 0o755); err != nil {
				return err
			}
			if err := prepare(public); err != nil {
				return err
			}
			return configureNginx(dir, public, port.Addr(), directives)
		},
	})
}

// Where Debian's package has its configuration, and its modules.
const (
	configured = "/etc/nginx"
	modules    = "/usr/lib/nginx/modules"
)

// temporary are the folders that nginx writes into, which the package has made for
// another user.
const temporary = `
client_body_temp_path body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi;
scgi_temp_path scgi;
`

// configureNginx writes the configuration of Debian's package into a folder. Changed
// are the files that nginx writes, the address and the root.
func configureNginx(dir, public, addr, directives string) error {
	main, err := os.ReadFile(filepath.Join(configured, "nginx.conf"))
	if err != nil {
		return err
	}
	site, err := os.ReadFile(filepath.Join(configured, "sites-available", "default"))
	if err != nil {
		return err
	}
	conf := replaced(string(main),
		`(?m)^user .*;`, ``,
		`(?m)^pid .*;`, `pid nginx.pid;`,
		`(?m)^error_log .*;`, ``,
		`access_log .*;`, `access_log off;`,
		`(?m)^worker_processes .*;`, `worker_processes 1;`,
		`include /etc/nginx/conf.d/\*.conf;`, temporary,
		`include /etc/nginx/sites-enabled/\*;`, `include site.conf;`)
	server := replaced(string(site),
		`(?m)^\tlisten \[::\]:80 .*;`, ``,
		`(?m)^\tlisten 80 .*;`, fmt.Sprintf("\tlisten %s;\n%s", addr, directives),
		`(?m)^\troot .*;`, "\troot "+public+";")
	if !strings.Contains(server, addr) || !strings.Contains(conf, "site.conf") {
		return fmt.Errorf("the configuration in %s is not that of Debian's package", configured)
	}
	for name, text := range map[string]string{"nginx.conf": conf, "site.conf": server} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return os.Symlink(modules, filepath.Join(dir, "modules"))
}

// replaced replaces expressions in text: expression and replacement in turn.
func replaced(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		text = regexp.MustCompile(pairs[i]).ReplaceAllLiteralString(text, pairs[i+1])
	}
	return text
}
