package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const root = "../../.."

// ruled are the packages whose tests each have a rule: those that decide what clients and
// callers get. A name matches the packages below it as well.
var ruled = []string{
	"adapters", "backends", "cache", "fragment", "middleware", "signals",
	"internal/acceptance", "internal/adaptertest", "internal/audit", "internal/envelope", "internal/flight", "internal/keys",
	"internal/pagecache", "internal/rfc9111", "internal/uri",
}

// withoutTest are the sections of RFC 9111 that put a requirement on a cache and have no test,
// each with the reason.
var withoutTest = map[string]string{
	"3.4": "parts are not stored, so there is nothing to combine",
	"5.5": "obsolete: a cache need not do anything about Warning",
	"7.2": "a deployment decides whether timing matters; docs/safe-to-cache.md says so",
}

// The page is what the comments of the tests give.
func TestThePageIsUpToDate(t *testing.T) {
	want, err := render(collected(t))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(want) {
		t.Errorf("%s is not what the comments of the tests give; run go generate ./internal/gen/rules", page)
	}
}

// Each section of RFC 9111 that puts a requirement on a cache has a test, or a reason for
// having none.
func TestEachRequirementOfRFC9111HasATest(t *testing.T) {
	rules := collected(t)
	for _, s := range sections {
		reason := withoutTest[s.place]
		tested := len(testsFor(s.source, rules)) > 0
		if s.requires && !tested && reason == "" {
			t.Errorf("no test names %s, %s: add one, or a reason to withoutTest", s.source, s.title)
		}
		if s.work == "RFC 9111" && tested && reason != "" {
			t.Errorf("%s, %s has a test: remove it from withoutTest", s.source, s.title)
		}
	}
}

// The tests of the packages that decide what clients and callers get begin with their rule.
func TestTestsBeginWithTheirRule(t *testing.T) {
	for _, r := range collected(t) {
		if problem := ruleProblem(r.test, r.text); problem != "" && isRuled(r.file) {
			t.Errorf("%s: %s %s", r.file, r.test, problem)
		}
	}
}

// Each file of tests in these packages has a topic.
func TestFilesOfTestsHaveATopic(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file := below(root, path)
		if d.IsDir() || !strings.HasSuffix(file, "_test.go") || !isRuled(file) || topicOf(file) != "" {
			return nil
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "\nfunc Test") && !strings.Contains(string(text), "\nfunc TestMain(") {
			t.Errorf("%s has no topic: name it for its rule, or add a pattern to topics", file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// collectOnce reads the repository once for all tests.
var collectOnce = sync.OnceValues(func() ([]rule, error) { return collect(root) })

func collected(t *testing.T) []rule {
	t.Helper()
	rules, err := collectOnce()
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) == 0 {
		t.Fatal("no tests were found")
	}
	return rules
}

// isRuled reports whether the tests of a file have to have a rule.
func isRuled(file string) bool {
	return slices.ContainsFunc(ruled, func(p string) bool { return strings.HasPrefix(file, p+"/") })
}
