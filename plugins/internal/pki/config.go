package pki

import "crypto/tls"

// ServerConfig is for a listener with the server certificate. It speaks HTTP/1.1
// only, as QRS does, and asks for no client certificate.
func (f Files) ServerConfig() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(f.Server, f.ServerKey)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
		Certificates: []tls.Certificate{cert},
	}, nil
}

// MutualConfig is ServerConfig for clients with a certificate of this set only.
func (f Files) MutualConfig() (*tls.Config, error) {
	config, err := f.ServerConfig()
	if err != nil {
		return nil, err
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	config.ClientCAs, err = f.Pool()
	return config, err
}

// ClientConfig is for a client that trusts this root only and shows the client
// certificate. The server name is left to the client's URL.
func (f Files) ClientConfig() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(f.Client, f.ClientKey)
	if err != nil {
		return nil, err
	}
	pool, err := f.Pool()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		RootCAs:      pool,
		Certificates: []tls.Certificate{cert},
	}, nil
}
