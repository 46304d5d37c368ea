package qrs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
)

// errNoAnswer is wrapped by errors of requests that were given up: they took too
// long, or their context ended.
var errNoAnswer = errors.New("no answer")

// broken puts an error of the connection into words, without the URL that
// net/http adds.
func (c *Client) broken(ctx context.Context, err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", errNoAnswer, context.Cause(ctx))
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w within %s", errNoAnswer, c.timeout)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection ended before the answer")
	}
	return aboutCertificates(err)
}

// aboutCertificates adds what to do about the errors that most first attempts to
// configure a client meet.
func aboutCertificates(err error) error {
	var (
		remote  *net.OpError
		invalid *tls.CertificateVerificationError
		name    x509.HostnameError
	)
	switch {
	case errors.As(err, &name):
		return fmt.Errorf("%w; server_name can say the name to expect", err)
	case errors.As(err, &invalid):
		return fmt.Errorf("%w; root_cert has to be the root of this site", err)
	case errors.As(err, &remote) && remote.Op == "remote error" && strings.Contains(err.Error(), "certificate"):
		return fmt.Errorf("it does not accept the client certificate: %w", err)
	}
	return err
}
