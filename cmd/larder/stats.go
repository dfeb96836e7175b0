package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
)

type statsCommand struct{ aliasFlag }

// Run prints what the servers count. Hardly any figure is that of one alias
// alone, so each says of what it is.
func (c *statsCommand) Run(ctx context.Context, s *session) error {
	cfg, err := s.config(c.Alias)
	if err != nil {
		return err
	}
	servers, err := s.inspect(ctx, c.Alias, cfg)
	if err != nil {
		return err
	}
	if len(servers) == 0 {
		return s.out.no(fmt.Sprintf("the backend %s has nothing to tell to another process", cfg.Backend), statistics{c.Alias, cfg.Backend, []server{}})
	}
	return s.out.result(table(servers), statistics{c.Alias, cfg.Backend, servers})
}

type statistics struct {
	Alias   string   `json:"alias"`
	Backend string   `json:"backend"`
	Servers []server `json:"servers"`
}

func table(servers []server) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, server := range servers {
		_, _ = fmt.Fprintln(w, server) // into memory, as all that follows
		for _, f := range server.Figures {
			_, _ = fmt.Fprintf(w, "  %s\t%d %s\tof the %s\n", f.Name, f.Value, f.Unit, f.Of)
		}
	}
	_ = w.Flush()
	return strings.TrimRight(b.String(), "\n")
}
