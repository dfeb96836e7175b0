package browser_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startSite builds and runs examples/nethttp until the test ends, and returns its
// URL.
func startSite(t *testing.T) string {
	t.Helper()
	site := filepath.Join(t.TempDir(), "nethttp")
	build := exec.Command("go", "build", "-o", site, "./examples/nethttp")
	build.Dir = filepath.Join("..", "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command(site, "-addr", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		defer watchdog.Stop()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the site did not shut down cleanly: %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	_, url, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("the site says %q, %v", line, err)
	}
	return url
}

func (p shownPage) wantText(t *testing.T, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(p.Text, text) {
			t.Errorf("%s does not show %q:\n%s", p.Path, text, p.Text)
		}
	}
}

// wantSame expects a page that was not refreshed.
func (p shownPage) wantSame(t *testing.T, as shownPage) {
	t.Helper()
	if p != as {
		t.Errorf("%s shows\n%s\nand showed\n%s", p.Path, p.Text, as.Text)
	}
}

func (u *user) wantStatus(want string) {
	u.t.Helper()
	if !strings.Contains(u.status, want) {
		u.t.Errorf("%s: Cache-Status is %q, want %q in it", u.name, u.status, want)
	}
}

func TestWhatAPersonSees(t *testing.T) {
	url := startSite(t)
	alice, bob := newUser(t, "alice"), newUser(t, "bob")

	// The first makes the page, and all others get it.
	board := alice.visit(url)
	board.wantText(t, "No bicycles in the stairwell.", "Lost: a grey cat.")
	alice.wantStatus("stored")
	bob.visit(url).wantSame(t, board)
	bob.wantStatus("; hit")

	// A reload, of whatever kind, does not have it refreshed.
	alice.reload().wantSame(t, board)
	alice.wantStatus("; hit")
	alice.hardReload().wantSame(t, board)
	alice.wantStatus("; hit")

	// Back and forward show what was there.
	cat := alice.click("cat")
	cat.wantText(t, "Lost: a grey cat.")
	alice.back("/").wantSame(t, board)
	alice.forward("/notices/cat").wantSame(t, cat)
	alice.reload().wantSame(t, cat)
	alice.back("/").wantSame(t, board)

	// Each has a page of their own behind the same URL.
	hers := alice.submit("login", "alice")
	hers.wantText(t, "alice")
	bob.submit("login", "bob").wantText(t, "bob")
	alice.reload().wantSame(t, hers)
	alice.wantStatus("; hit")
	for _, u := range []*user{alice, bob, alice} {
		if p := u.visit(url + "/me"); !strings.Contains(p.Text, u.name) || strings.Contains(p.Text, other(u.name)) {
			t.Errorf("%s sees\n%s", u.name, p.Text)
		}
	}

	// What one changes reaches the other, who has the old page.
	seen := bob.visit(url)
	seen.wantSame(t, board)
	alice.visit(url+"/notices/cat").wantSame(t, cat)
	changed := alice.submit("change", "Found: a <grey> cat.")
	if changed.Path != "/notices/cat" {
		t.Errorf("alice is at %s", changed.Path)
	}
	changed.wantText(t, "Found: a <grey> cat.", "(alice)")
	now := bob.reload()
	now.wantText(t, "No bicycles in the stairwell.", "Found: a <grey> cat.", "(alice)")
	bob.wantStatus("stored")
	if strings.Contains(now.Text, "Lost") || now.Number == seen.Number {
		t.Errorf("bob sees the old page:\n%s", now.Text)
	}
	bob.click("cat").wantSame(t, changed)
	alice.click("to-board").wantSame(t, now)
	alice.wantStatus("; hit")
	alice.click("to-me").wantText(t, "Found: a <grey> cat.")
	bob.click("to-me").wantText(t, "bob")

	// So it does who comes by a link or by its address, not by a reload.
	bob.visit(url + "/notices/cat")
	bob.submit("change", "The cat is home.").wantText(t, "The cat is home.", "(bob)")
	alice.visit(url).wantText(t, "The cat is home.")
	if p := alice.click("to-me"); strings.Contains(p.Text, "cat") {
		t.Errorf("what is bob's now is still among alice's:\n%s", p.Text)
	}
	bob.click("to-me").wantText(t, "The cat is home.")
}

func other(name string) string {
	if name == "alice" {
		return "bob"
	}
	return "alice"
}
