package acceptance_test

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/testserver"
)

// wantWorking stores and finds a value in the cache of cfg.
func wantWorking(t *testing.T, what string, cfg cache.Config, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	c := openHandler(t, cache.Settings{cache.DefaultAlias: cfg})[cache.DefaultAlias]
	got := ""
	if err := c.Set(t.Context(), "k", what); err != nil {
		t.Errorf("%s: %v", what, err)
	} else if _, err := c.Get(t.Context(), "k", &got); got != what || err != nil {
		t.Errorf("%s: %q, %v", what, got, err)
	}
}

// fromJSON returns the settings of alias default.
func fromJSON(text string) (cache.Config, error) {
	settings, err := cache.ParseSettings([]byte(`{"default": ` + text + `}`))
	return settings[cache.DefaultAlias], err
}

// Redis is reached on a Unix socket in every form of settings.
func TestRedisOnAUnixSocketInEveryFormOfSettings(t *testing.T) {
	server := testserver.StartRedis(t, "--unixsocket", "s.sock", "--unixsocketperm", "777", "--user", "shop", "on", ">s3cr3t", "~*", "&*", "+@all")
	path := filepath.Join(server.Dir(), "s.sock")
	for _, address := range []string{
		"redis+unix://" + path, "unix://" + path, "unix:" + path, "redis+unix://shop:s3cr3t@" + path + "?db=3",
		"redis://?addrs=" + path, "redis://?addrs=" + path + "&replicas=" + path,
	} {
		cfg, err := cache.ParseURL(address)
		wantWorking(t, address, cfg, err)
	}
	for _, text := range []string{
		`{"backend": "redis", "location": "unix://` + path + `"}`,
		`{"BACKEND": "redis", "LOCATION": "unix:` + path + `", "OPTIONS": {"db": 2}}`,
		`{"backend": "redis", "location": "redis+unix://shop:s3cr3t@` + path + `"}`,
		`{"backend": "redis+unix", "location": "` + path + `", "options": {"username": "shop", "password": "s3cr3t"}}`,
		`{"backend": "redis", "options": {"addrs": "` + path + `"}}`,
		`"redis+unix://` + path + `"`,
	} {
		cfg, err := fromJSON(text)
		wantWorking(t, text, cfg, err)
	}
}

// Memcached is reached on a Unix socket in every form of settings.
func TestMemcachedOnAUnixSocketInEveryFormOfSettings(t *testing.T) {
	path := testserver.StartMemcachedUnix(t).Addr()
	for _, address := range []string{"memcached://" + path, "memcached://?addrs=" + path, "memcached:///" + path[1:]} {
		cfg, err := cache.ParseURL(address)
		wantWorking(t, address, cfg, err)
	}
	for _, location := range []string{path, "unix:" + path, "unix://" + path, "memcached://" + path} {
		wantWorking(t, location, cache.Config{Backend: "memcached", Location: location}, nil)
		cfg, err := fromJSON(`{"BACKEND": "memcached", "LOCATION": "` + location + `"}`)
		wantWorking(t, location, cfg, err)
	}
}

// PostgreSQL is reached on a Unix socket in every form of settings.
func TestPostgreSQLOnAUnixSocketInEveryFormOfSettings(t *testing.T) {
	server := testserver.StartPostgres(t, "-c", "unix_socket_directories=..")
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	if created, err := pgstore.CreateTable(t.Context(), pgstore.Options{URL: server.URL()}); !created || err != nil {
		t.Fatalf("%t, %v", created, err)
	}
	port, user := u.Port(), u.User.String()
	password, _ := u.User.Password()
	at := url.Values{"host": {server.Dir()}, "port": {port}}.Encode()
	for _, address := range []string{
		"postgres://" + user + "@/postgres?" + at,
		"postgres:///postgres?user=" + u.User.Username() + "&password=" + password + "&" + at,
		"postgresql://" + user + "@/postgres?" + at,
	} {
		cfg, err := cache.ParseURL(address)
		wantWorking(t, strings.ReplaceAll(address, password, "***"), cfg, err)
	}
	for _, text := range []string{
		`{"backend": "postgres", "location": "postgres://` + user + `@/postgres?` + at + `"}`,
		`{"backend": "postgres", "location": "postgres:///postgres", "options": {"host": "` + server.Dir() + `", "port": ` + port +
			`, "user": "` + u.User.Username() + `", "password": "` + password + `"}}`,
	} {
		cfg, err := fromJSON(text)
		wantWorking(t, strings.ReplaceAll(text, password, "***"), cfg, err)
	}
}

// A socket that is not there is refused as a port is.
func TestASocketThatIsNotThereCountsAsUnreached(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	for _, address := range []string{"redis+unix://" + path, "memcached://" + path, "postgres:///d?host=" + filepath.Dir(path)} {
		cfg, err := cache.ParseURL(address)
		if err != nil {
			t.Fatal(err)
		}
		c := openHandler(t, cache.Settings{cache.DefaultAlias: cfg})[cache.DefaultAlias]
		if _, err := c.Get(t.Context(), "k", new(int), cache.FailOpen); err == nil || !hooks.Cache.IsUnresponsive(c) || !strings.Contains(err.Error(), filepath.Dir(path)) {
			t.Errorf("%s: %v, silent %t", address, err, hooks.Cache.IsUnresponsive(c))
		}
	}
}
