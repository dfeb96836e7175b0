package testserver_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/testserver"
)

// endVariable makes TestThatEnds, in a process of its own, end as it says.
const endVariable = "LARDER_TEST_ENDS"

func TestThatEnds(t *testing.T) {
	ending := os.Getenv(endVariable)
	if ending == "" {
		return // it has nothing to test: it is what the next test runs
	}
	p := testserver.StartRedis(t)
	fmt.Printf("%s %s\n", p.Addr(), p.Dir())
	switch ending {
	case "passes":
	case "fails":
		t.Fatal("a failure")
	case "panics":
		panic("a panic")
	case "panics elsewhere":
		go panic("a panic")
		select {}
	}
}

func TestServersEndWithTheTestHoweverThatEnds(t *testing.T) {
	t.Parallel()
	testserver.Require(t, "redis-server")
	endings := []string{"passes", "fails", "panics"}
	if runtime.GOOS == "linux" {
		endings = append(endings, "panics elsewhere") // see endWithParent
	}
	for _, ending := range endings {
		t.Run(ending, func(t *testing.T) {
			child := exec.Command(os.Args[0], "-test.run=^TestThatEnds$")
			child.Env = append(os.Environ(), endVariable+"="+ending)
			out, err := child.Output()
			if passed := err == nil; passed != (ending == "passes") {
				t.Fatalf("the test ends with %v\n%s", err, out)
			}
			var addr, dir string
			if _, err := fmt.Sscan(string(out), &addr, &dir); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if ending == "panics elsewhere" { // no cleanup runs, and the end comes a moment later
				testserver.Await(t, func(context.Context) error { return refused(addr) })
				os.RemoveAll(dir)
				return
			}
			if err := refused(addr); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the folder of the server: %v", err)
			}
		})
	}
}

// refused returns an error when somebody listens at the address.
func refused(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return nil
	}
	return fmt.Errorf("a server still answers at %s, error of closing %v", addr, conn.Close())
}
