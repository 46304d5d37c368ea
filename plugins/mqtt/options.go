package mqtt

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"butlerd/sdk"
)

const (
	// keepAlive is how long a connection may be silent before it is tried.
	keepAlive = 30 * time.Second
	// maxPEM bounds the files that are read, in bytes.
	maxPEM = 1 << 20
)

// versions are the protocol's, as paho and the wire number them.
var versions = map[string]uint{"3.1": 3, "3.1.1": 4}

// options turn off all that paho would do on its own: reconnecting, keeping
// messages, sending them again. The host decides about that.
func (c *Config) options() (*paho.ClientOptions, error) {
	address, err := c.address()
	if err != nil {
		return nil, sdk.At(err, "broker")
	}
	config, err := c.tlsConfig(address.Hostname())
	if err != nil {
		return nil, err
	}
	o := paho.NewClientOptions().
		SetClientID(c.clientID()).
		SetUsername(c.Username).
		SetPassword(c.Password).
		SetProtocolVersion(versions[c.Protocol]).
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetKeepAlive(keepAlive).
		SetPingTimeout(c.Timeout).
		SetConnectTimeout(c.Timeout).
		SetWriteTimeout(c.Timeout).
		SetCustomOpenConnectionFn(func(to *url.URL, _ paho.ClientOptions) (net.Conn, error) {
			return dial(to, config, c.Timeout)
		})
	o.Servers = []*url.URL{address}
	return o, nil
}

// dial is our own because paho's takes a proxy from the environment, but not for
// all addresses.
func dial(to *url.URL, config *tls.Config, limit time.Duration) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: limit}
	if config == nil {
		return dialer.Dial("tcp", to.Host)
	}
	return tls.DialWithDialer(dialer, "tcp", to.Host, config)
}

// tlsConfig loads the files; nil without TLS.
func (c *Config) tlsConfig(server string) (*tls.Config, error) {
	if address, err := c.address(); err != nil || address.Scheme == "tcp" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: server, InsecureSkipVerify: c.Insecure}
	var errs []error
	if c.RootCert != "" {
		roots, err := loadRoots(c.RootCert)
		errs = append(errs, sdk.At(err, "root_cert"))
		config.RootCAs = roots
	}
	if c.ClientCert != "" {
		pair, err := loadPair(c.ClientCert, c.ClientKey)
		errs = append(errs, err)
		config.Certificates = []tls.Certificate{pair}
	}
	return config, errors.Join(errs...)
}

func loadRoots(path string) (*x509.CertPool, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading %s: it holds no certificate in PEM format", path)
	}
	return pool, nil
}

func loadPair(certPath, keyPath string) (tls.Certificate, error) {
	cert, certErr := read(certPath)
	key, keyErr := read(keyPath)
	if certErr != nil || keyErr != nil {
		return tls.Certificate{}, errors.Join(sdk.At(certErr, "client_cert"), sdk.At(keyErr, "client_key"))
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return pair, sdk.At(fmt.Errorf("reading it with client_key: %w", err), "client_cert")
	}
	return pair, nil
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxPEM))
}
