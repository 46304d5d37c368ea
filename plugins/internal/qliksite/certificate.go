package qliksite

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"butlerd/sdk"
)

// maxPEM bounds the files that are read, in bytes. A chain of certificates is a
// few KiB.
const maxPEM = 1 << 20

// errNotPEM is about exports in the other format that Qlik Sense offers.
var errNotPEM = errors.New("it holds no PEM data; export the certificates from the QMC in PEM format")

// Certificates are the settings of a plugin that have to do with TLS, by the
// attributes' names.
type Certificates struct {
	ClientCert string // path of the client certificate; empty with a virtual proxy, to which none is shown
	ClientKey  string // path of its key
	RootCert   string // path of what the site's own is checked against; empty: what the operating system trusts
	ServerName string // the name to expect in it; empty: the host's
	Insecure   bool   // do not check it
}

// TLS loads the files, and tells what is wrong with each at its attribute.
func (c Certificates) TLS() (*tls.Config, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         c.ServerName,
		InsecureSkipVerify: c.Insecure,
	}
	roots, err := loadRoots(c.RootCert)
	errs := []error{sdk.At(err, "root_cert")}
	config.RootCAs = roots
	if c.ClientCert != "" {
		pair, err := c.loadPair()
		errs = append(errs, err)
		config.Certificates = []tls.Certificate{pair}
		// Web servers of Windows may ask for the certificate only after they have
		// seen the request, which in TLS 1.2 takes a renegotiation.
		config.Renegotiation = tls.RenegotiateOnceAsClient
	}
	return config, errors.Join(errs...)
}

// loadRoots gives nil, which is the operating system's, without a path.
func loadRoots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading %s: it holds no certificate", path)
	}
	return pool, nil
}

// loadPair loads certificate and key, each with its own faults, and then checks
// that they belong together.
func (c Certificates) loadPair() (tls.Certificate, error) {
	cert, certErr := readPEM(c.ClientCert)
	key, keyErr := readPEM(c.ClientKey)
	if keyErr == nil {
		keyErr = checkKey(c.ClientKey, key)
	}
	if certErr != nil || keyErr != nil {
		return tls.Certificate{}, errors.Join(sdk.At(certErr, "client_cert"), sdk.At(keyErr, "client_key"))
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return pair, sdk.At(pairError(cert, err), "client_cert")
	}
	return pair, sdk.At(checkClient(pair.Leaf, time.Now()), "client_cert")
}

// pairError tells a certificate that is none from one with another key. The text
// of the library would do for programmers.
func pairError(cert []byte, err error) error {
	block, _ := pem.Decode(cert)
	if block == nil || block.Type != "CERTIFICATE" {
		return errors.New("it holds no certificate first; is it the file with the key?")
	}
	if _, parseErr := x509.ParseCertificate(block.Bytes); parseErr != nil {
		return fmt.Errorf("reading the certificate: %w", parseErr)
	}
	return fmt.Errorf("the key in client_key is not that of this certificate: %w", err)
}

// checkKey looks for the one thing about a key that has a cure of its own.
func checkKey(path string, text []byte) error {
	for {
		block, rest := pem.Decode(text)
		switch {
		case block == nil:
			return fmt.Errorf("reading %s: it holds no private key", path)
		case strings.Contains(block.Type, "ENCRYPTED"), block.Headers["DEK-Info"] != "":
			return fmt.Errorf("reading %s: the key is protected by a password; export it without one", path)
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return nil
		}
		text = rest
	}
}

// checkClient finds certificates that Qlik Sense would refuse without saying why.
func checkClient(leaf *x509.Certificate, now time.Time) error {
	usable := func(u x509.ExtKeyUsage) bool {
		return u == x509.ExtKeyUsageClientAuth || u == x509.ExtKeyUsageAny
	}
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate expired on %s; export a new one from the QMC", leaf.NotAfter.Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate is not valid before %s", leaf.NotBefore.Format(time.RFC3339))
	case len(leaf.ExtKeyUsage) > 0 && !slices.ContainsFunc(leaf.ExtKeyUsage, usable):
		return errors.New("the certificate is one for servers; Qlik Sense exports the one for clients as client.pem")
	}
	return nil
}

// readPEM reads a file that has to hold at least one block.
func readPEM(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPEM))
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(text, []byte("-----BEGIN ")) {
		return nil, fmt.Errorf("reading %s: %w", path, errNotPEM)
	}
	return text, nil
}
