package redisstore_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
)

// The backends are registered.
func TestBackendsAreRegistered(t *testing.T) {
	for _, scheme := range []string{"redis", "rediss", "redis+sentinel", "redis+cluster", "redis+unix", "unix"} {
		if _, ok := driver.DefaultRegistry.Lookup(scheme); !ok {
			t.Errorf("no backend is registered as %s", scheme)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Backend of an unknown scheme does not panic")
		}
	}()
	redisstore.Backend("valkey")
}

// Valid settings are accepted.
func TestGoodSettingsAreValid(t *testing.T) {
	for _, test := range []struct {
		scheme string
		cfg    driver.Config
	}{
		{"redis", driver.Config{}},
		{"redis", driver.Config{Location: "cache.internal"}},
		{"redis", driver.Config{Location: "user:p%2Fw@cache.internal:6380/2"}},
		{"redis", driver.Config{Location: "redis://[::1]:6379/2/"}},
		{"redis", driver.Config{Location: "redis://[::1]"}},
		{"redis", driver.Config{Location: "redis://h", Options: map[string]any{"tls": &tls.Config{}, "tls_server_name": "x"}}},
		{"redis", driver.Config{Location: "redis://h", Options: map[string]any{"tls": "true", "tls_insecure": "true"}}},
		{"redis+unix", driver.Config{Location: "redis+unix:///run/a%20b.sock", Options: map[string]any{"db": 1}}},
		{"redis+unix", driver.Config{Location: "unix:/run/s.sock", Options: map[string]any{"replicas": "/run/r.sock,h:1"}}},
		{"rediss", driver.Config{Location: "rediss://h", Options: map[string]any{"tls_cert": "a", "tls_key": "b", "tls_ca": "c"}}},
		{"redis+sentinel", driver.Config{Location: "redis+sentinel://a:26379,b:26379,c/primary/2", Options: map[string]any{"sentinel_password": "x"}}},
		{"redis+cluster", driver.Config{Location: "redis+cluster://a:1,b:2", Options: map[string]any{"tls": true, "addrs": "c:3, d"}}},
	} {
		if err := redisstore.Backend(test.scheme).Validate(test.cfg); err != nil {
			t.Errorf("%s, %+v: %v", test.scheme, test.cfg, err)
		}
	}
}

// Wrong settings are refused with the reason and without the secret.
func TestBadSettingsAreRefusedWithTheReasonAndWithoutTheSecret(t *testing.T) {
	type options = map[string]any
	for _, test := range []struct {
		scheme, location string
		options          options
		want             string
	}{
		{"redis", "redis://h", options{"pool_sise": 5}, `unknown option "pool_sise"`},
		{"redis", "rediss://h", nil, "scheme"},
		{"redis", "redis://h/mydb", nil, "the number of the database"},
		{"redis", "redis://h/1/2", nil, "the number of the database"},
		{"redis", "redis://h/-1", nil, "the number of the database"},
		{"redis", "redis://h:port", nil, "a host in the location is malformed"},
		{"redis", "redis://h:0", nil, "a host in the location is malformed"},
		{"redis", "redis://h,,i", nil, "a host in the location is malformed"},
		{"redis", "redis://a,b", nil, "there are several addresses"},
		{"redis", "redis://h?db=1", nil, "options have a place of their own"},
		{"redis", "redis://:s3cret-word#1@h", nil, "options have a place of their own"},
		{"redis", "redis://u:s3cret-word/1@h", nil, "a host in the location is malformed"},
		{"redis", "redis://u:12/s3cret-word@h", nil, "the number of the database"},
		{"redis", "redis://s3cret-word@h", nil, "the user name or password in the location is malformed"},
		{"redis", "redis://u:s3cret-word%zz@h", nil, "the user name or password in the location is malformed"},
		{"redis", "redis://u:@h", nil, "the user name or password in the location is malformed"},
		{"redis", "redis://u:s3cret-word@h", options{"password": "s3cret-word"}, `the location and the option "password" say the same thing`},
		{"redis", "redis://h", options{"password": []string{"s3cret-word"}}, `option "password" must be a string`},
		{"redis", "redis://h", options{"username": "u"}, "Username is given without Password"},
		{"redis", "redis://h/2", options{"db": 2}, "the database is in the location and in the option db"},
		{"redis", "redis://h", options{"db": -1}, `option "db"`},
		{"redis", "redis://h", options{"replicas": "a:x"}, `option "replicas" must be a list of host:port`},
		{"redis", "redis://h", options{"read_your_writes": "5s"}, "no meaning without Replicas"},
		{"redis", "redis://h", options{"read_your_writes": "yes"}, "a duration"},
		{"redis", "redis://h", options{"master": "m"}, "the option master is for redis+sentinel://"},
		{"redis", "redis://h", options{"sentinel_password": "s3cret-word"}, "without MasterName"},
		{"redis", "redis://h", options{"tls_ca": "f"}, "an option of TLS is given without TLS"},
		{"rediss", "rediss://h", options{"tls": "false"}, "rediss:// means TLS"},
		{"rediss", "rediss://h", options{"tls_cert": "f"}, "of tls_cert and tls_key one is missing"},
		{"redis", "redis://h", options{"pool_size": 0}, "from 1"},
		{"redis", "redis://h", options{"pool_size": 5, "min_idle": 6}, "greater than PoolSize"},
		{"redis", "redis://h", options{"max_retries": -1}, `option "max_retries"`},
		{"redis", "redis://h", options{"dial_timeout": "-1s"}, "a duration"},
		{"redis", "redis://h", options{"owner": "perhaps"}, "true or false"},
		{"redis", "/run/s.sock", nil, "a unix socket is redis+unix:///path/of/socket"},
		{"redis", "redis:///run/s.sock", nil, "a unix socket is redis+unix:///path/of/socket"},
		{"redis", "unix:///run/s.sock?db=1", nil, `"options": {"db": 1}`},
		{"rediss", "unix:///run/s.sock", nil, "scheme"},
		{"redis+unix", "redis+unix://h/run/s.sock", nil, "without a host"},
		{"redis+unix", "redis+unix://u:s3cret-word/run/s.sock", nil, "without a host"},
		{"redis+unix", "redis+unix://", nil, "redis+unix:///path/of/socket"},
		{"redis+unix", "redis+unix:///run/s.sock", options{"tls": true}, "no use for it"},
		{"redis+cluster", "", options{"addrs": "/run/s.sock"}, "a unix socket is that of one server"},
		{"redis+cluster", "redis+cluster://h/1", nil, "a cluster has only one database"},
		{"redis+cluster", "redis+cluster://h", options{"db": 1}, "a cluster has only database 0"},
		{"redis+cluster", "redis+cluster://h", options{"replicas": "a:1"}, "a cluster and Sentinels know their own"},
		{"redis+sentinel", "redis+sentinel://h", nil, "must be told the name of the primary"},
		{"redis+sentinel", "redis+sentinel://h/m/x", nil, "the name of the primary"},
		{"redis+sentinel", "redis+sentinel://h/m", options{"master": "n"}, `the location and the option "master" say the same thing`},
	} {
		cfg := driver.Config{Location: test.location, Options: test.options}
		err := redisstore.Backend(test.scheme).Validate(cfg)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %v: error %v, want one with %q", test.location, test.options, err, test.want)
			continue
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s %v: %v shows the secret", test.location, test.options, err)
		}
		if s, openErr := redisstore.Backend(test.scheme).Open(t.Context(), cfg); openErr == nil || s != nil {
			t.Errorf("Open(%s) = %v, %v, want the same error", test.location, s, openErr)
		}
	}
}

// Missing TLS files are named.
func TestFilesOfTLSThatAreNotThereAreNamed(t *testing.T) {
	for option, want := range map[string]string{"tls_ca": "option tls_ca", "tls_cert": "options tls_cert and tls_key"} {
		options := map[string]any{option: "/nowhere/file.pem"}
		if option == "tls_cert" {
			options["tls_key"] = "/nowhere/key.pem"
		}
		_, err := redisstore.Backend("rediss").Open(t.Context(), driver.Config{Location: "rediss://h", Options: options})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "/nowhere/file.pem") {
			t.Errorf("%s: %v", option, err)
		}
	}
}
