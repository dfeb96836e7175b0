package redisstore_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/internal/testserver"
)

// TLS works with an authority of one's own.
func TestTLSWithAnAuthorityOfOnesOwn(t *testing.T) {
	// httptest has a certificate for 127.0.0.1 and example.com.
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	p := startProxy(t, testserver.StartRedis(t).Addr())
	secure := p.overTLS(t, &tls.Config{Certificates: certified.TLS.Certificates})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certified.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}

	for _, options := range []string{"tls_ca=" + ca, "tls_ca=" + ca + "&tls_server_name=example.com", "tls_insecure=true"} {
		s, err := openURL(t, "rediss://"+secure+"?"+options)
		if err != nil {
			t.Errorf("%s: %v", options, err)
			continue
		}
		set(t, s.(*redisstore.Store), "k", "v")
	}
	for options, want := range map[string]string{
		"": "certificate",
		"tls_ca=" + ca + "&tls_server_name=other": "other",
	} {
		if _, err := openURL(t, "rediss://"+secure+"?"+options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", options, err, want)
		}
	}
}
