// Package pki makes the certificates a Qlik Sense site exports: a root of its
// own, a server certificate and a client certificate with its key, as PEM files.
//
// They are for a simulator on a developer's machine. The root's key is thrown
// away, so nothing else can ever be signed by it; it is not a certificate
// authority.
package pki

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
)

// Files are the paths of a set of certificates. Keys are readable by their owner
// only.
type Files struct {
	Root      string // the root's certificate
	Server    string // for serverAuth
	ServerKey string
	Client    string // for clientAuth
	ClientKey string
}

// In names the files of a set in a directory as Qlik Sense names its exports.
func In(dir string) Files {
	return Files{
		Root:      filepath.Join(dir, "root.pem"),
		Server:    filepath.Join(dir, "server.pem"),
		ServerKey: filepath.Join(dir, "server_key.pem"),
		Client:    filepath.Join(dir, "client.pem"),
		ClientKey: filepath.Join(dir, "client_key.pem"),
	}
}

// Ensure makes sure that dir, which it creates, holds a set whose server
// certificate is good for hosts (names and IP addresses). A set that is whole and
// valid for another day is kept; anything else is replaced as a whole, since a
// new leaf would need the root's key.
func Ensure(dir string, hosts []string) (Files, error) {
	files := In(dir)
	if check(files, hosts) == nil {
		return files, nil
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = generate(files, hosts)
	}
	if err != nil {
		return Files{}, fmt.Errorf("making certificates in %s: %w", dir, err)
	}
	return files, nil
}

// Pool holds the root.
func (f Files) Pool() (*x509.CertPool, error) {
	pem, err := os.ReadFile(f.Root)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading %s: no certificate in it", f.Root)
	}
	return pool, nil
}
