package testserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
)

func TestSharedServersAreThoseOfTheEnvironment(t *testing.T) {
	t.Setenv("LARDER_TEST_REDIS", "127.0.0.1:1")
	t.Setenv("LARDER_TEST_MEMCACHED", "127.0.0.1:2")
	t.Setenv("LARDER_TEST_POSTGRES", "postgres://127.0.0.1:3/db")
	got := []string{testserver.Redis(t), testserver.Memcached(t), testserver.Postgres(t)}
	want := "[127.0.0.1:1 127.0.0.1:2 postgres://127.0.0.1:3/db]"
	if fmt.Sprint(got) != want {
		t.Errorf("servers are %v, want %s", got, want)
	}
}

func TestATestWithoutItsServerIsSkippedUnlessTheEnvironmentRequiresIt(t *testing.T) {
	for _, tc := range []struct{ ci, require, outcome, says string }{
		{outcome: "skipped", says: "make test"},
		{ci: "true", outcome: "failed", says: "make deps"},
		{require: "1", outcome: "failed", says: "make deps"},
		{ci: "false", require: "0", outcome: "skipped", says: "make services"},
	} {
		for _, missing := range []struct {
			name string
			use  func(testing.TB)
		}{
			{"LARDER_TEST_REDIS", func(tb testing.TB) { testserver.Redis(tb) }},
			{"LARDER_TEST_MEMCACHED", func(tb testing.TB) { testserver.Memcached(tb) }},
			{"LARDER_TEST_POSTGRES", func(tb testing.TB) { testserver.Postgres(tb) }},
			{"no-such-server", func(tb testing.TB) { testserver.Start(tb, "no-such-server") }},
			{"no-such-program", func(tb testing.TB) { testserver.Require(tb, "no-such-program") }},
		} {
			t.Run(fmt.Sprintf("%s,CI=%s,required=%s", missing.name, tc.ci, tc.require), func(t *testing.T) {
				t.Setenv("CI", tc.ci)
				t.Setenv("LARDER_REQUIRE_SERVERS", tc.require)
				t.Setenv(missing.name, "")
				outcome, said := outcomeOf(t, missing.use)
				if outcome != tc.outcome || !strings.Contains(said, missing.name) || !strings.Contains(said, tc.says) {
					t.Errorf("the test is %s with %q, want it %s, naming %s and %s", outcome, said, tc.outcome, missing.name, tc.says)
				}
			})
		}
	}
}

// outcomeOf runs a test and returns how it ended and what it said.
func outcomeOf(t *testing.T, test func(testing.TB)) (outcome, said string) {
	r := &recorder{TB: t, outcome: "passed"}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(r) {
				panic(p)
			}
		}()
		test(r)
	}()
	return r.outcome, r.said
}

// recorder is a test whose end is noted. It panics with itself where a test
// would end its goroutine.
type recorder struct {
	testing.TB
	outcome, said string
}

func (r *recorder) Skipf(format string, args ...any)  { r.end("skipped", format, args) }
func (r *recorder) Fatalf(format string, args ...any) { r.end("failed", format, args) }

func (r *recorder) end(outcome, format string, args []any) {
	r.outcome, r.said = outcome, fmt.Sprintf(format, args...)
	panic(r)
}
