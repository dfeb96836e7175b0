package main

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWhatTheCommandLineHasToSay(t *testing.T) {
	for name, args := range map[string][]string{
		"no suite":                   nil,
		"a directory without it":     {"-suite", t.TempDir()},
		"an argument":                {"-suite", t.TempDir(), "argument"},
		"a flag that nobody knows":   {"-no-such-flag"},
		"a limit that is not a time": {"-timeout", "soon"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(t.Context(), args, t.Output()); err == nil {
				t.Errorf("run(%q) = nil, want an error", args)
			}
		})
	}
}
