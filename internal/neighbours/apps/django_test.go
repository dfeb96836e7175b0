package apps_test

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/neighbours/apps"
)

// csrfToken is the field of a form; Django masks its value at random.
var csrfToken = regexp.MustCompile(`name="csrfmiddlewaretoken" value="([^"]+)"`)

func startDjango(t *testing.T) apps.Site {
	site := apps.StartDjango(t)
	site.Scrub = func(body []byte) []byte { return csrfToken.ReplaceAll(body, nil) }
	return site
}

// leaves are the pages of the admin that change something on GET.
var leaves = regexp.MustCompile(`/logout/|/jsi18n/`)

// login signs a user in to the admin, through the cache.
func login(t *testing.T, site apps.Site, name string) *apps.Visitor {
	t.Helper()
	v := newVisitor(t)
	answer := post(t, v, site, "/admin/login/?next=/admin/", url.Values{"username": {name}, "password": {"secret"}})
	if answer.Status != 302 || v.Cookie("sessionid") == "" {
		t.Fatalf("%s cannot sign in: %d %s", name, answer.Status, answer.Body)
	}
	return v
}

// post fetches the form at a target and sends it, both through the cache.
func post(t *testing.T, v *apps.Visitor, site apps.Site, target string, values url.Values) apps.Answer {
	t.Helper()
	form := site.Compare(t, v, apps.Request{Target: target})
	token := csrfToken.FindSubmatch(form.Body)
	if token == nil {
		t.Fatalf("%s has no form: %d %s", target, form.Status, form.Body)
	}
	values.Set("csrfmiddlewaretoken", string(token[1]))
	answer, err := v.Ask(t.Context(), site.Cached, apps.Request{Method: "POST", Target: target, Body: values.Encode()}.
		With("Content-Type", "application/x-www-form-urlencoded", "Referer", "http://"+apps.Host+target))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestDjangoBehindTheCache(t *testing.T) {
	t.Parallel()
	site := startDjango(t)
	rules{
		"pages are the same":                           djangoIsTheSame,
		"a stale page is validated with gzip":          djangoIsValidatedWithGzip,
		"each visitor is answered in their language":   djangoSpeaksEachLanguage,
		"two users see their own pages":                djangoKeepsUsersApart,
		"the pages of the admin are the same":          djangoAdminIsTheSame,
		"a form is accepted, and its page has changed": djangoAcceptsForms,
	}.run(t, site)
}

var djangoPages = []string{
	"/news/1/", "/news/2/", "/plain/", "/greeting/", "/me/", "/private/", "/now/", "/stream/", "/comments/", "/news/1", "/none/",
	"/static/admin/css/base.css",
}

func djangoIsTheSame(t *testing.T, site apps.Site) {
	v := newVisitor(t)
	site.Visit(t, v, djangoPages)
	apps.Expire(t, lifetime)
	site.Visit(t, v, djangoPages)
	probed := some("/news/1/", "/plain/", "/stream/", "/static/admin/css/base.css")
	site.Probe(t, v, probed)
	apps.Expire(t, lifetime)
	site.Probe(t, v, probed)
}

// GZipMiddleware makes the ETag of a 200 weak, and leaves a 304 of
// ConditionalGetMiddleware the strong one (RFC 9111, 4.3.4).
func djangoIsValidatedWithGzip(t *testing.T, site apps.Site) {
	expectValidated(t, site, "/news/3/")
}

func djangoSpeaksEachLanguage(t *testing.T, site apps.Site) {
	v := newVisitor(t)
	for range 2 {
		for _, language := range []string{"en", "de", "fr", "de-AT, en;q=0.5", "xx"} {
			site.Compare(t, v, apps.Request{Target: "/greeting/"}.With("Accept-Language", language))
		}
	}
}

func djangoKeepsUsersApart(t *testing.T, site apps.Site) {
	users := map[string]*apps.Visitor{"ada": login(t, site, "ada"), "bob": login(t, site, "bob")}
	for range 2 {
		for name, v := range users {
			for _, coding := range []string{"identity", "gzip"} {
				for target, greeting := range map[string]string{"/me/": "User " + name, "/private/": "Private of " + name, "/admin/": strings.ToUpper(name[:1]) + name[1:]} {
					answer := site.Compare(t, v, apps.Request{Target: target}.With("Accept-Encoding", coding))
					if !bytes.Contains(answer.Body, []byte(greeting)) {
						t.Errorf("%s does not see %q at %s: %s", name, greeting, target, answer.CacheStatus())
					}
				}
			}
		}
	}
}

func djangoAdminIsTheSame(t *testing.T, site apps.Site) {
	ada, bob := login(t, site, "ada"), login(t, site, "bob")
	pages, err := apps.Crawl(t.Context(), ada, site.Direct, crawlLimit(), leaves, "/admin/")
	if err != nil {
		t.Fatal(err)
	}
	site.Visit(t, ada, pages)
	site.Visit(t, bob, pages)
}

// A form that is accepted changes the page of its target (RFC 9111, 4.4), and one
// with the token of another user is refused.
func djangoAcceptsForms(t *testing.T, site apps.Site) {
	for _, text := range []string{"first", "second"} {
		v := newVisitor(t)
		if answer := post(t, v, site, "/comments/", url.Values{"text": {text}}); answer.Status != 302 {
			t.Fatalf("%q is answered %d: %s", text, answer.Status, answer.Body)
		}
		if page := site.Compare(t, v, apps.Request{Target: "/comments/"}); !bytes.Contains(page.Body, []byte(text)) {
			t.Errorf("%q is not on the page: %s", text, page.CacheStatus())
		}
	}
}
