package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	minutes := flag.Float64("minutes", 5, "how long to run, at least")
	out := flag.String("out", "", "the folder for soak.md, the report")
	flag.Parse()
	if flag.NArg() > 0 || *minutes <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := report(ctx, time.Duration(*minutes*float64(time.Minute)), *out); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// report soaks for a time, and prints and writes what came of it.
func report(ctx context.Context, length time.Duration, out string) error {
	if out != "" {
		// Before half an hour is spent on what could not be written.
		if err := os.MkdirAll(out, 0o755); err != nil {
			return err
		}
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // pages tell it that a cache fails
	p := plan{length: length, warm: 15 * time.Second, calm: 8 * time.Second, fault: 5 * time.Second, pace: 16 * time.Millisecond}
	result := soak(ctx, p, os.Stderr)
	text := result.markdown()
	fmt.Print(text)
	if out != "" {
		if err := os.WriteFile(filepath.Join(out, "soak.md"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if len(result.Problems) > 0 {
		return fmt.Errorf("failed:\n%s", strings.Join(result.Problems, "\n"))
	}
	return nil
}
