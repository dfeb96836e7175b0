//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"
)

// asItself runs services as the process that the shell was.
const asItself = `exec "$@"`

// lastSetting is how the last line of the settings starts.
const lastSetting = "postgres://"

func TestACommandFindsTheServersAndItsExitCodeIsPassedOn(t *testing.T) {
	t.Parallel()
	p := newProgram(t, asItself, "--", "sh", "-c", `
		echo "$LARDER_TEST_REDIS $LARDER_TEST_MEMCACHED $LARDER_TEST_POSTGRES $LARDER_REQUIRE_SERVERS"
		exit 7`)
	code, said := p.end(t)
	if code != 7 {
		t.Errorf("the exit code is %d, want 7", code)
	}
	fields := strings.Fields(said)
	if len(fields) != 4 || !strings.HasPrefix(fields[2], "postgres://larder:") || fields[3] != "1" {
		t.Fatalf("the environment is %q", said)
	}
	p.wantGone(t, addrs(t, said))
}

func TestServersThatTheEnvironmentNamesAreUsed(t *testing.T) {
	t.Parallel()
	const named = "LARDER_TEST_REDIS=a:1 LARDER_TEST_MEMCACHED=b:2 LARDER_TEST_POSTGRES=postgres://c"
	p := newProgram(t, "export "+named+"; "+asItself, "--", "sh", "-c", `
		echo "$LARDER_TEST_REDIS $LARDER_TEST_MEMCACHED $LARDER_TEST_POSTGRES"
		exit 7`)
	if code, said := p.end(t); code != 7 || said != "a:1 b:2 postgres://c\n" {
		t.Errorf("the exit code is %d, want 7; the environment is %q", code, said)
	}
	p.wantGone(t, nil)
}

func TestTheExitCodeOfACommandThatASignalEndedIsThatOfAShell(t *testing.T) {
	t.Parallel()
	p := newProgram(t, asItself, "--", "sh", "-c", "kill -KILL $$")
	if code, _ := p.end(t); code != 128+9 {
		t.Errorf("the exit code is %d, want 137", code)
	}
	p.wantGone(t, nil)
}

func TestACommandThatIsNotThereEndsTheServers(t *testing.T) {
	t.Parallel()
	p := newProgram(t, asItself, "--", "/no/such/command")
	if code, _ := p.end(t); code != 127 {
		t.Errorf("the exit code is %d, want 127", code)
	}
	p.wantGone(t, nil)
}

func TestWithoutACommandTheServersRunUntilASignal(t *testing.T) {
	t.Parallel()
	p := newProgram(t, asItself)
	settings := p.readTo(t, lastSetting)
	servers := addrs(t, settings)
	for _, addr := range servers {
		if refused(addr) == nil {
			t.Errorf("no server answers at %s", addr)
		}
	}
	for _, want := range []string{
		"export LARDER_TEST_REDIS='" + servers[0] + "'\n",
		"export LARDER_TEST_MEMCACHED='" + servers[1] + "'\n",
		"export LARDER_TEST_POSTGRES='postgres://larder:",
		"\nredis://" + servers[0] + "/0\n",
		"\nmemcached://" + servers[1] + "\n",
		"&table=larder_cache\n",
	} {
		if !strings.Contains(settings, want) {
			t.Errorf("the settings lack %q:\n%s", want, settings)
		}
	}
	if err := p.shell.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code, _ := p.end(t); code != 128+2 {
		t.Errorf("the exit code is %d, want 130", code)
	}
	p.wantGone(t, servers)
}

// The command starts another program that has the output open: end returns only
// when that has ended too.
func TestASignalEndsTheCommandWithAllThatItStarted(t *testing.T) {
	t.Parallel()
	p := newProgram(t, asItself, "-print", "--", "sh", "-c", "sleep 1000 & echo started; wait")
	servers := addrs(t, p.readTo(t, "started"))
	if err := p.shell.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, _ := p.end(t); code != 128+15 {
		t.Errorf("the exit code is %d, want 143", code)
	}
	p.wantGone(t, servers)
}

func TestASignalDuringTheStartLeavesNothing(t *testing.T) {
	t.Parallel()
	p := newProgram(t, asItself+` 2>/dev/null`)
	p.waitForFolders(t, 3) // the third is that of PostgreSQL, which takes its time
	if err := p.shell.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, _ := p.end(t); code != 128+15 {
		t.Errorf("the exit code is %d, want 143", code)
	}
	p.wantGone(t, nil)
}

// go run is such a program: it passes no SIGTERM on.
func TestServersEndWhenTheProgramThatStartedThemIsGone(t *testing.T) {
	t.Parallel()
	p := newProgram(t, `"$@"; exit`)
	servers := addrs(t, p.readTo(t, lastSetting))
	if err := p.shell.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.end(t)
	p.wantGone(t, servers)
}
