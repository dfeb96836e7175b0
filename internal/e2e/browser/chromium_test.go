package browser_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/larder-go/larder/internal/testserver"
)

// deadline bounds each step; nothing takes that long unless it hangs.
const deadline = 30 * time.Second

// binary returns the browser that LARDER_TEST_BROWSER names, or that is installed.
// Without one, the test fails under `make browser`, which sets the variable and
// installs it, and in CI; it is skipped elsewhere.
func binary(t *testing.T) string {
	t.Helper()
	named, asked := os.LookupEnv("LARDER_TEST_BROWSER")
	asked = asked || os.Getenv("CI") == "true"
	for _, name := range []string{named, "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if asked {
		t.Fatal("there is no Chromium: `make browser` installs it on Debian")
	}
	t.Skip("there is no Chromium: `make browser` installs it on Debian")
	return ""
}

// user is a person at a browser, with a profile of their own.
type user struct {
	t      *testing.T
	name   string
	ctx    context.Context
	status string // Cache-Status of the last document that came from the server
}

// newUser starts a browser. It is stopped, by its process, when the test ends.
func newUser(t *testing.T, name string) *user {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(binary(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-component-update", true),
		// Only the loopback is asked for anything.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, closeTab := chromedp.NewContext(allocator)
	u := &user{t: t, name: name, ctx: ctx}
	t.Cleanup(func() {
		// Cancel waits until the process has ended.
		if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: closing the browser: %v", name, err)
		}
		closeTab()
		stop()
	})
	chromedp.ListenTarget(ctx, u.note)
	u.do(network.Enable())
	return u
}

// note keeps what the cache of the site says of a page. chromedp calls it from
// one goroutine, before the step that waits for the page goes on.
func (u *user) note(event any) {
	if e, ok := event.(*network.EventResponseReceived); ok && e.Type == network.ResourceTypeDocument {
		u.status = ""
		for name, value := range e.Response.Headers {
			if strings.EqualFold(name, "Cache-Status") {
				u.status, _ = value.(string)
			}
		}
	}
}

// do carries out steps, and ends the test if one cannot be done. The browser is
// started by the first.
func (u *user) do(steps ...chromedp.Action) {
	u.t.Helper()
	started := chromedp.FromContext(u.ctx).Browser != nil
	ctx := u.ctx
	if started { // a deadline on the first would be one of the browser
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(u.ctx, deadline)
		defer cancel()
	}
	if err := chromedp.Run(ctx, steps...); err != nil {
		u.t.Fatalf("%s: %v", u.name, err)
	}
}

// shown does a step that leads to another document, waits until it is there, and
// returns what it shows. It asks the document itself: one that comes out of the
// browser's history whole is not loaded, so there is no event to wait for.
func (u *user) shown(step chromedp.Action) shownPage {
	u.t.Helper()
	u.do(chromedp.Evaluate("window.left = true", nil), step)
	return u.await("!window.left")
}

// shownPage is what a person sees.
type shownPage struct {
	Path   string
	Number string // of the page, as the server counts what it makes
	Text   string
}

// await waits for a document of which a condition holds, and returns what it
// shows.
func (u *user) await(condition string) (p shownPage) {
	u.t.Helper()
	testserver.Await(u.t, func(context.Context) error {
		const look = `({Path: location.pathname, Number: document.querySelector("#page")?.innerText ?? "", Text: document.body.innerText})`
		var there bool
		err := chromedp.Run(u.ctx,
			chromedp.Evaluate(`document.readyState == "complete" && `+condition, &there),
			chromedp.Evaluate(look, &p))
		if err == nil && !there {
			err = fmt.Errorf("%s still sees %s", u.name, p.Path)
		}
		return err
	})
	return p
}

func (u *user) visit(url string) shownPage {
	u.t.Helper()
	return u.shown(chromedp.ActionFunc(func(ctx context.Context) error {
		_, _, _, _, err := page.Navigate(url).Do(ctx)
		return err
	}))
}

// click clicks on the element with this id.
func (u *user) click(id string) shownPage {
	u.t.Helper()
	return u.shown(chromedp.Evaluate(fmt.Sprintf("document.getElementById(%q).click()", id), nil))
}

// submit fills in the form with this id, which has one field, and sends it.
func (u *user) submit(id, text string) shownPage {
	u.t.Helper()
	const script = `{ const form = document.getElementById(%q); form.querySelector("input").value = %q; form.querySelector("button").click() }`
	return u.shown(chromedp.Evaluate(fmt.Sprintf(script, id, text), nil))
}

func (u *user) back(to string) shownPage    { u.t.Helper(); return u.history("back", to) }
func (u *user) forward(to string) shownPage { u.t.Helper(); return u.history("forward", to) }

// history goes to a page that the browser has shown before, by its path.
func (u *user) history(direction, path string) shownPage {
	u.t.Helper()
	u.do(chromedp.Evaluate(fmt.Sprintf("setTimeout(() => history.%s())", direction), nil))
	return u.await(fmt.Sprintf("location.pathname == %q", path))
}

func (u *user) reload() shownPage { u.t.Helper(); return u.shown(page.Reload()) }

// hardReload is what Shift and the button do: the browser's cache is not asked.
func (u *user) hardReload() shownPage {
	u.t.Helper()
	return u.shown(page.Reload().WithIgnoreCache(true))
}
