package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// output is where results and errors go.
type output struct {
	stdout, stderr terminal
	raw            io.Writer // standard output, for values as they are
	json           bool
}

func newOutput(stdout, stderr io.Writer, asJSON bool) output {
	return output{terminal{stdout}, terminal{stderr}, stdout, asJSON}
}

// result prints what a command has found: text as lines, or v as JSON.
func (o output) result(text string, v any) error {
	if o.json {
		return writeJSON(o.stdout, v)
	}
	_, err := fmt.Fprintln(o.stdout, text)
	return err
}

// no says that the answer is no, and returns errNo. As text it is no result,
// and so it goes to standard error.
func (o output) no(text string, v any) error {
	var err error
	if o.json {
		err = writeJSON(o.stdout, v)
	} else {
		_, err = fmt.Fprintln(o.stderr, "larder:", text)
	}
	if err != nil {
		return err
	}
	return errNo
}

// answer is result or no.
func (o output) answer(yes bool, yesText, noText string, v any) error {
	if yes {
		return o.result(yesText, v)
	}
	return o.no(noText, v)
}

// problem is an error as JSON.
type problem struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

func newProblem(err error) *problem {
	kind, _ := classify(err)
	return &problem{kind, oneLine(err)}
}

// fail prints an error and returns its exit code. That nothing can be written
// to standard error, nothing can be reported to it.
func (o output) fail(err error) int {
	if o.json {
		_ = writeJSON(o.stderr, map[string]any{"error": newProblem(err)})
		return exitCode(err)
	}
	for line := range strings.Lines(err.Error()) {
		_, _ = fmt.Fprintln(o.stderr, "larder:", strings.TrimRight(line, "\n"))
	}
	return exitCode(err)
}

// oneLine returns the text of errors that were joined.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// logger writes what the library warns of.
func (o output) logger() *slog.Logger {
	opts := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			return slog.Attr{}
		}
		return a
	}}
	if o.json {
		return slog.New(slog.NewJSONHandler(o.stderr, opts))
	}
	return slog.New(slog.NewTextHandler(o.stderr, opts))
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
