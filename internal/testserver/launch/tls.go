package launch

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"sync"
	"time"
)

// The files in the folder of a server that speaks TLS, in the form of PEM. The
// certificate is for 127.0.0.1, serves clients as well, and the authority vouches
// for it. All servers that one process starts have the same.
const (
	AuthorityFile   = "ca.pem"
	CertificateFile = "cert.pem"
	KeyFile         = "key.pem"
)

// tlsSettings are those of redis-server for TLS 1.3 alone, with certificates
// asked of clients only where it is told so.
var tlsSettings = [][2]string{
	{"tls-ca-cert-file", AuthorityFile}, {"tls-cert-file", CertificateFile}, {"tls-key-file", KeyFile},
	{"tls-auth-clients", "no"}, {"tls-replication", "yes"}, {"tls-protocols", "TLSv1.3"},
}

// identity is an authority with the one certificate that it has issued.
type identity struct {
	files map[string]string
	own   tls.Certificate
}

// theIdentity is made when it is first needed.
var theIdentity = sync.OnceValues(newIdentity)

func newIdentity() (*identity, error) {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "larder's tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: loopback},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.ParseIP(loopback)},
	}
	authorityDER, authorityErr := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	leafDER, leafErr := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), authorityKey)
	keyDER, keyErr := x509.MarshalPKCS8PrivateKey(key)
	if err := errors.Join(authorityErr, leafErr, keyErr); err != nil {
		return nil, err
	}
	return &identity{
		files: map[string]string{
			AuthorityFile:   inPEM("CERTIFICATE", authorityDER),
			CertificateFile: inPEM("CERTIFICATE", leafDER),
			KeyFile:         inPEM("PRIVATE KEY", keyDER),
		},
		own: tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: key},
	}, nil
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// writeIdentity writes the files into the folder of a server.
func writeIdentity(_ context.Context, dir string) error {
	id, err := theIdentity()
	if err != nil {
		return err
	}
	for name, text := range id.files {
		if err := writeFile(nobody, dir, name, text); err != nil {
			return err
		}
	}
	return nil
}

// secured returns conn with TLS over it. Whose certificate the server has is
// tested elsewhere.
func secured(conn net.Conn) (net.Conn, error) {
	id, err := theIdentity()
	if err != nil {
		return nil, err
	}
	return tls.Client(conn, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{id.own}}), nil
}
