package docs_test

import (
	"slices"
	"strings"
	"testing"
)

// shell runs the commands of a transcript: "go run . ADDRESS &", which starts the
// program, and curl.
type shell struct {
	t       *testing.T
	program string
	started bool
}

func newShell(t *testing.T, program string) *shell { return &shell{t: t, program: program} }

// run returns the output of a command. Unless the transcript starts the program, it
// is started before the first request, and listens where that goes to.
func (s *shell) run(command string) (output string) {
	s.t.Helper()
	words := words(command)
	var env []string
	for len(words) > 0 && strings.Contains(words[0], "=") {
		env, words = append(env, words[0]), words[1:]
	}
	switch {
	case len(words) == 5 && slices.Equal(words[:3], []string{"go", "run", "."}) && words[4] == "&":
		s.start(words[3], env, words[3])
		return ""
	case len(words) > 1 && words[0] == "curl":
		asked := readCurl(words[1:])
		if !s.started {
			s.start(asked.host(s.t), nil)
		}
		return asked.send(s.t)
	}
	s.t.Fatalf("this shell does not know the command %q", command)
	return ""
}

func (s *shell) start(addr string, env []string, args ...string) {
	start(s.t, s.program, addr, env, args)
	s.started = true
}

// words splits a command. A word may be in single quotes.
func words(command string) (all []string) {
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}
