package redisstore_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// documented returns the commands of the line in docs/backends.md that makes a user.
func documented(t *testing.T) []any {
	text, err := os.ReadFile("../../docs/backends.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^ACL SETUSER larder on >password (.*)$`).FindSubmatch(text)
	if line == nil {
		t.Fatal("docs/backends.md has no line for a user")
	}
	var rules []any
	for _, rule := range strings.Fields(string(line[1])) {
		rules = append(rules, rule)
	}
	return rules
}

// allow gives user larder these rights and no others.
func allow(t *testing.T, admin *redis.Client, rules []any) {
	t.Helper()
	args := append([]any{"acl", "setuser", "larder", "reset", "on", ">password"}, rules...)
	if err := admin.Do(t.Context(), args...).Err(); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
}

// A user with the documented commands can do all that a store does, on one server.
func TestTheDocumentedCommandsAreEnough(t *testing.T) {
	addr := testserver.StartRedis(t, "--databases", "1000").Addr()
	admin := rawClient(t, redis.NewClient(&redis.Options{Addr: addr}))
	rules := documented(t)
	rules[slices.Index(rules, any("~shop:*"))] = "~*" // the suite has keys of all kinds
	allow(t, admin, rules)
	db := 0
	top := &topology{serial: true, fresh: func(tb testing.TB) place {
		db++
		return place{
			opts: redisstore.Options{
				Addrs: []string{addr}, DB: db, Username: "larder", Password: "password",
				StoreOptions: redisstore.StoreOptions{MaxValueSize: maxValueSize},
			},
			raw: rawClient(tb, redis.NewClient(&redis.Options{Addr: addr, DB: db})),
		}
	}}
	cachetest.RunStore(t, top.harness())
}

// A command that the user may not run is named when the store is opened. Each of the commands is
// needed.
func TestACommandThatTheUserMayNotRunIsNamedWhenTheStoreIsOpened(t *testing.T) {
	addr := testserver.StartRedis(t).Addr()
	admin := rawClient(t, redis.NewClient(&redis.Options{Addr: addr}))
	opts := redisstore.Options{Addrs: []string{addr}, DB: 1, Username: "larder", Password: "password"}
	rules := documented(t)
	allow(t, admin, rules)
	if n := admin.DBSize(t.Context()).Val(); n != 0 {
		t.Fatalf("%d keys", n)
	}
	s := open(t, opts)
	key := []byte("shop:1:k")
	if err := s.Set(t.Context(), key, []byte("v"), driver.Never); err != nil {
		t.Errorf("a key of the pattern: %v", err)
	}
	if err := s.Set(t.Context(), []byte("other:1:k"), []byte("v"), driver.Never); err == nil || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("a key of another: %v", err)
	}
	for i, rule := range rules {
		command, ok := strings.CutPrefix(rule.(string), "+")
		if !ok || command == "info" { // which is asked only for its advice
			continue
		}
		allow(t, admin, slices.Delete(slices.Clone(rules), i, i+1))
		_, err := redisstore.Open(t.Context(), opts)
		if err == nil || !strings.Contains(err.Error(), "NOPERM") || !strings.Contains(err.Error(), command) {
			t.Errorf("without %s: %v", command, err)
		}
	}
	allow(t, admin, rules)
	open(t, opts)
	if v, err := s.Get(t.Context(), key); string(v) != "v" || err != nil {
		t.Errorf("the check has changed something: %q, %v", v, err)
	}
}

// A store that owns its database and may not run FLUSHDB learns it when it is opened if the server
// says so, and otherwise from Clear.
func TestAnOwnerThatMayNotFlushIsTold(t *testing.T) {
	addr := testserver.StartRedis(t).Addr()
	admin := rawClient(t, redis.NewClient(&redis.Options{Addr: addr}))
	opts := redisstore.Options{Addrs: []string{addr}, Username: "larder", Password: "password", StoreOptions: redisstore.StoreOptions{Owner: true}}
	rules := documented(t)
	allow(t, admin, append(slices.Clone(rules), "+acl|dryrun"))
	if _, err := redisstore.Open(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "allow +flushdb (ACL SETUSER)") {
		t.Errorf("one that may ask: %v", err)
	}
	allow(t, admin, rules)
	s := open(t, opts)
	if err := s.Clear(t.Context(), driver.Namespace{Prefix: "shop"}); err == nil || !strings.Contains(err.Error(), "NOPERM") || !strings.Contains(err.Error(), "flushdb") {
		t.Errorf("Clear: %v", err)
	}
	for _, more := range [][]any{{"+flushdb"}, {"+flushdb", "+acl|dryrun"}} {
		allow(t, admin, append(slices.Clone(rules), more...))
		admin.Set(t.Context(), "shop:1:k", "v", 0)
		s := open(t, opts)
		if n := admin.DBSize(t.Context()).Val(); n != 1 {
			t.Errorf("%v: opening the store has left %d keys of 1", more, n)
		}
		if err := s.Clear(t.Context(), driver.Namespace{Prefix: "shop"}); err != nil || admin.DBSize(t.Context()).Val() != 0 {
			t.Errorf("%v: Clear: %v", more, err)
		}
	}
}

// Opening a store sends no command that could remove what is there: commands that remove or replace
// name a key that does not exist.
func TestOpeningAStoreSendsNothingThatRemoves(t *testing.T) {
	server := testserver.StartRedis(t)
	admin := rawClient(t, redis.NewClient(&redis.Options{Addr: server.Addr()}))
	admin.Set(t.Context(), "k", "v", 0)
	allow(t, admin, []any{"~*", "+@all"})
	for _, owner := range []bool{false, true} {
		for _, user := range []string{"", "larder"} {
			if err := admin.ConfigResetStat(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			opts := redisstore.Options{Addrs: []string{server.Addr()}, StoreOptions: redisstore.StoreOptions{Owner: owner}}
			if user != "" {
				opts.Username, opts.Password = user, "password"
			}
			open(t, opts)
			stats := admin.Info(t.Context(), "commandstats").Val()
			for _, command := range []string{"flushdb", "flushall", "del", "swapdb", "rename", "getdel"} {
				if strings.Contains(stats, "cmdstat_"+command+":") {
					t.Errorf("owner %v: %s was sent", owner, command)
				}
			}
			if asked := strings.Contains(stats, "cmdstat_acl|dryrun:"); asked != owner || !strings.Contains(stats, "cmdstat_unlink:") {
				t.Errorf("owner %v: ACL DRYRUN was sent: %v; the statistics are\n%s", owner, asked, stats)
			}
		}
	}
	if n := admin.DBSize(t.Context()).Val(); n != 1 {
		t.Errorf("%d keys are left of 1", n)
	}
}
