package pki

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// margin keeps a set from running out in the middle of a day's work.
const margin = 24 * time.Hour

// check reports why a set cannot be used for hosts.
func check(files Files, hosts []string) error {
	pool, err := files.Pool()
	if err != nil {
		return err
	}
	server, err := leaf(files.Server, files.ServerKey, pool, x509.ExtKeyUsageServerAuth)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		if err := server.VerifyHostname(host); err != nil {
			return err
		}
	}
	_, err = leaf(files.Client, files.ClientKey, pool, x509.ExtKeyUsageClientAuth)
	return err
}

// leaf loads a certificate with its key and verifies it at the end of the
// margin. A key that belongs to another certificate, as after an interrupted
// write, is an error of the load.
func leaf(path, key string, pool *x509.CertPool, usage x509.ExtKeyUsage) (*x509.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(path, key)
	if err != nil {
		return nil, err
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{
		Roots:       pool,
		CurrentTime: time.Now().Add(margin),
		KeyUsages:   []x509.ExtKeyUsage{usage},
	})
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %w", path, err)
	}
	return pair.Leaf, nil
}
