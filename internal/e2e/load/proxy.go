package load

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Proxy passes connections on to a server, and breaks them as it is told to. It
// listens on 127.0.0.1. One goroutine at a time may use it.
type Proxy struct {
	tb     TB
	proxy  *toxiproxy.Proxy
	toxics []string // those that Heal removes
}

// NewProxy starts a proxy before the server at upstream, host:port, which is
// stopped at the end of the test.
func NewProxy(tb TB, upstream string) *Proxy {
	tb.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &Proxy{tb: tb, proxy: toxiproxy.NewProxy(server, tb.Name(), "127.0.0.1:0", upstream)}
	if err := p.proxy.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.proxy.Stop)
	return p
}

// Addr returns host:port, where the proxy listens.
func (p *Proxy) Addr() string { return p.proxy.Listen }

// CutReplies closes each connection, an existing or a new one, when so many
// more bytes have come from the server, be it in the middle of a reply.
func (p *Proxy) CutReplies(after int64) {
	p.tb.Helper()
	p.add("limit_data", "downstream", map[string]int64{"bytes": after})
}

// Stall lets nothing through in either direction, and closes nothing. What is
// sent meanwhile is lost, and its connections are closed by Heal.
func (p *Proxy) Stall() {
	p.tb.Helper()
	p.add("timeout", "upstream", map[string]int64{"timeout": 0})
	p.add("timeout", "downstream", map[string]int64{"timeout": 0})
}

// Latency delays what comes from the server by a time that is at most jitter
// more or less than delay. It counts in milliseconds.
func (p *Proxy) Latency(delay, jitter time.Duration) {
	p.tb.Helper()
	p.add("latency", "downstream", map[string]int64{"latency": delay.Milliseconds(), "jitter": jitter.Milliseconds()})
}

// Refuse closes all connections and accepts no more, until Heal.
func (p *Proxy) Refuse() { p.proxy.Stop() }

func (p *Proxy) add(kind, direction string, attributes map[string]int64) {
	p.tb.Helper()
	name := kind + " " + direction
	text, err := json.Marshal(map[string]any{"name": name, "type": kind, "stream": direction, "attributes": attributes})
	if err != nil {
		p.tb.Fatal(err)
	}
	if _, err := p.proxy.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
		p.tb.Fatal(err)
	}
	p.toxics = append(p.toxics, name)
}

// Heal ends every fault.
func (p *Proxy) Heal() {
	p.tb.Helper()
	for _, name := range p.toxics {
		if err := p.proxy.Toxics.RemoveToxic(context.Background(), name); err != nil {
			p.tb.Fatal(err)
		}
	}
	p.toxics = nil
	if !p.proxy.Enabled {
		if err := p.proxy.Start(); err != nil {
			p.tb.Fatal(err)
		}
	}
}
