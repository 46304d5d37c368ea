package postgres_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// certificate writes one for the loopback address, signed by itself, and its key,
// both readable by the server.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "tls")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "postgres"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public}), 0o644))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	if os.Geteuid() == 0 { // then the server runs as another user
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Skip("no user to run PostgreSQL")
		}
		uid, err := strconv.Atoi(u.Uid)
		must(t, err)
		must(t, os.Chown(key, uid, -1))
	}
	return cert, key
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cert, key := certificate(t)
	url := pgtest.Start(t, "ssl=on", "ssl_cert_file="+cert, "ssl_key_file="+key).NewDatabase(t)
	url = url[:len(url)-len(query(url))]

	t.Run("a server whose certificate is known is used", func(t *testing.T) {
		db := opened(t, postgres.Options{URL: url, RootCert: cert})
		must(t, db.Ping(ctx))
	})
	t.Run("one whose certificate is not is refused", func(t *testing.T) {
		other, _ := certificate(t)
		if _, err := postgres.Open(ctx, postgres.Options{URL: url, RootCert: other}); err == nil {
			t.Error("it is used")
		}
	})
	t.Run("one without TLS is refused where there is a certificate", func(t *testing.T) {
		plain := pgtest.Shared(t).NewDatabase(t)
		plain = plain[:len(plain)-len(query(plain))]
		if _, err := postgres.Open(ctx, postgres.Options{URL: plain, RootCert: cert}); err == nil {
			t.Error("it is used")
		}
	})
}

// query is the part of a URL from the question mark on.
func query(url string) string {
	for i := range url {
		if url[i] == '?' {
			return url[i:]
		}
	}
	return ""
}
