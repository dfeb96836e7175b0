package docs_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// transcript is a block of shell commands with what they print, and the program
// before it in the document, which answers them.
type transcript struct {
	document string
	line     int
	program  string
	steps    []step
}

// step is a command and lines of its output.
type step struct {
	command string
	want    []string
}

func TestProgramsAnswerAsTheirTranscriptsShow(t *testing.T) {
	found := transcripts(t)
	if len(found) == 0 {
		t.Fatal("there are no transcripts")
	}
	for i := range found {
		found[i].useOwnServers(t)
	}
	programs := buildPrograms(t, found)
	for i, shown := range found {
		t.Run(fmt.Sprintf("%s/line %d", filepath.Base(shown.document), shown.line), func(t *testing.T) {
			shell := newShell(t, programs[i])
			for _, step := range shown.steps {
				got := shell.run(step.command)
				if missing := firstMissing(step.want, got); missing != "" {
					t.Fatalf("%s, line %d and on: $ %s\nhas no line, in this order:\n%s\nbut:\n%s",
						shown.document, shown.line, step.command, missing, got)
				}
			}
		})
	}
}

// transcripts returns those of all documents.
func transcripts(t *testing.T) (found []transcript) {
	t.Helper()
	for _, document := range documents(t) {
		programs := slices.DeleteFunc(blocks(t, document, "go"), func(b block) bool {
			return !strings.HasPrefix(b.code, "package main\n")
		})
		for _, console := range blocks(t, document, "console") {
			program := ""
			for _, p := range programs {
				if p.line < console.line {
					program = p.code
				}
			}
			if program == "" {
				t.Errorf("%s, line %d: there is no program before the transcript", document, console.line)
				continue
			}
			found = append(found, transcript{document, console.line, program, steps(console.code)})
		}
	}
	return found
}

// steps reads a transcript. A command follows "$ ", and goes on in the next line
// after a backslash. Of the output, blank lines and those with "..." alone stand
// for anything.
func steps(text string) (all []step) {
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
		line = strings.TrimSpace(line)
		switch command, isCommand := strings.CutPrefix(line, "$ "); {
		case isCommand:
			all = append(all, step{command: command})
		case line == "", line == "...":
		case len(all) > 0:
			last := &all[len(all)-1]
			last.want = append(last.want, line)
		}
	}
	return all
}

// firstMissing returns the first of the wanted lines that does not follow, in got,
// the lines before it.
func firstMissing(want []string, got string) string {
	lines := strings.Split(got, "\n")
	for _, wanted := range want {
		i := slices.IndexFunc(lines, func(line string) bool { return unchanging(line) == unchanging(wanted) })
		if i < 0 {
			return wanted
		}
		lines = lines[i+1:]
	}
	return ""
}

// changing are the parts of a response that differ each time.
var changing = regexp.MustCompile(`ttl=-?\d+|^(Age|Date|Etag|Last-Modified): .*|\d\d:\d\d:\d\d|page:[^"]+`)

// unchanging is a line without what differs each time.
func unchanging(line string) string {
	return changing.ReplaceAllString(strings.TrimSpace(line), "-")
}
