package main

import (
	"context"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
)

func TestServersEndEvenWhenServicesIsKilled(t *testing.T) {
	t.Parallel()
	p := newProgram(t, asItself)
	servers := addrs(t, p.readTo(t, lastSetting))
	if err := p.shell.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.end(t)
	for _, addr := range servers {
		testserver.Await(t, func(context.Context) error { return refused(addr) })
	}
}
