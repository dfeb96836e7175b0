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

// A user with the commands that the docs name, on one server, can do all that a store
// does.
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

// Each of the commands is needed, and a store that is opened without it says so.
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
	opts.Owner = true
	if _, err := redisstore.Open(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "allow +flushdb") {
		t.Errorf("without flushdb, an owner: %v", err)
	}
	allow(t, admin, append(rules, "+flushdb"))
	open(t, opts)
	if v, err := s.Get(t.Context(), key); string(v) != "v" || err != nil {
		t.Errorf("the check has changed something: %q, %v", v, err)
	}
}
