package middleware

import (
	"fmt"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"pgregory.net/rapid"
)

func always(*http.Request) bool         { return true }
func byTenant(r *http.Request) string   { return r.Host }
func byLanguage(r *http.Request) string { return r.Header.Get("Accept-Language") }

// someOptions are calls of options, right and wrong, several of most.
var someOptions = []PageOption{
	nil,
	Alias("pages"), Alias("other"), Alias(""),
	KeyPrefix("a"), KeyPrefix("b"),
	MaxBody(1000), MaxBody(2000), MaxBody(0),
	DefaultTTL(time.Minute), DefaultTTL(2 * time.Minute), DefaultTTL(-1),
	StatusTTL(404, time.Second), StatusTTL(404, time.Minute), StatusTTL(410, 0), StatusTTL(99, 1),
	Grace(time.Second), Grace(time.Minute), RefreshTimeout(time.Second), RefreshTimeout(0),
	MaxWait(0), MaxWait(time.Second), MaxConcurrentRuns(2), MaxConcurrentRuns(3),
	When(always), When(nil),
	VaryByHeader("X-B", "x-a"), VaryByHeader("X-A", "X-C"), VaryByHeader(),
	VaryBy(byTenant), VaryBy(byLanguage), VaryBy(nil),
	VaryByNamed("tenant", byTenant), VaryByNamed("language", byLanguage), VaryByNamed("tenant", byLanguage),
	Normalize(), HeedRequests(), Literal(), StripSetCookie(), SortQuery(),
	Targets("B-Cache-Control", "A-Cache-Control"), Targets("A-Cache-Control"), Targets(),
	DjangoHeaders(), BrowserTTL(time.Second), BrowserTTL(time.Minute),
	IgnoreCookies("_ga*", "b"), IgnoreCookies("a", "*"), VaryByCookie("theme", "locale"), VaryByCookie("a"),
	CredentialHeaders("X-Acme-*", "X-A"), CredentialHeaders("*-Account"), IgnoreHeaders("X-User-Token", "X-Acme-Theme"), IgnoreHeaders("X-C"),
	IgnoreQuery("utm_*", "fbclid"), IgnoreQuery("page"), OnlyQuery("page", "a*"), OnlyQuery("b"), OnlyQuery(),
	TrustProxies(netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")), TrustProxies(netip.MustParsePrefix("127.0.0.1/32")),
	Explain("let-me-see"), Explain("let me see"),
}

// equalPolicies compares what was resolved. Functions are compared by their code, and
// those of When are called in any order.
var equalPolicies = cmp.Options{
	cmp.Exporter(func(reflect.Type) bool { return true }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b func(*http.Request) string) bool { return code(a) == code(b) }),
	cmp.Comparer(func(a, b []func(*http.Request) bool) bool {
		codes := func(fs []func(*http.Request) bool) (all []uintptr) {
			for _, f := range fs {
				all = append(all, code(f))
			}
			slices.Sort(all)
			return all
		}
		return slices.Equal(codes(a), codes(b))
	}),
}

func code(f any) uintptr { return reflect.ValueOf(f).Pointer() }

// The order of options makes no difference.
func TestTheOrderOfOptionsMeansNothing(t *testing.T) {
	right := 0
	rapid.Check(t, func(t *rapid.T) {
		// Mostly right ones, in small sets, and now and then everything.
		opts := rapid.SliceOfN(rapid.SampledFrom(someOptions), 0, rapid.SampledFrom([]int{3, 6, 20}).Draw(t, "most")).Draw(t, "options")
		permuted := rapid.Permutation(opts).Draw(t, "permuted")
		for _, kind := range []policy.Mode{policy.PerView, policy.PerSite, policy.Shared} {
			p, err := newPolicy(kind, time.Hour, opts)
			q, errPermuted := newPolicy(kind, time.Hour, permuted)
			if fmt.Sprint(err) != fmt.Sprint(errPermuted) {
				t.Fatalf("%s: in another order the error is\n%v\nand not\n%v", constructors[kind], errPermuted, err)
			}
			if diff := cmp.Diff(p, q, equalPolicies); diff != "" {
				t.Fatalf("%s: in another order the policy is another: %s", constructors[kind], diff)
			}
			if err == nil {
				right++
			}
		}
		_, err := newAnyPolicy(opts)
		if _, errPermuted := newAnyPolicy(permuted); fmt.Sprint(err) != fmt.Sprint(errPermuted) {
			t.Fatalf("in another order the error of any kind is\n%v\nand not\n%v", errPermuted, err)
		}
	})
	if right < 20 {
		t.Errorf("only %d of the policies had no error", right)
	}
}

// DjangoHeaders uses DefaultTTL, whichever of the two options stands first.
func TestDjangoHeadersGoByTheDefaultTTLWhicheverStandsFirst(t *testing.T) {
	for _, opts := range [][]PageOption{{DjangoHeaders(), DefaultTTL(time.Hour)}, {DefaultTTL(time.Hour), DjangoHeaders()}} {
		if p := mustPolicy(policy.PerSite, DefaultSiteTTL, opts); p.BrowserTTL != time.Hour {
			t.Errorf("%s", p.BrowserTTL)
		}
	}
}
