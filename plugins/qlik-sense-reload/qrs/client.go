package qrs

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"sync/atomic"
	"time"
)

// maxConns bounds the connections to one host, idle ones included: who follows
// many tasks keeps as many open as it uses.
const maxConns = 32

// dialTimeout is how long connecting takes at most. A host that is down often
// does not answer at all, and the next one should be tried soon.
const dialTimeout = 10 * time.Second

// Options are what a client is made from.
type Options struct {
	// Hosts are host:port, in the order they are tried. At least one.
	Hosts []string

	// Prefix is that of a virtual proxy, without slashes. Empty for the default
	// one, and for the service itself.
	Prefix string

	// Proxy says that the hosts are proxies, which keep a session per cookie.
	Proxy bool

	Auth Auth

	// TLS checks the host's certificate and has the client's; nil for what the
	// operating system trusts.
	TLS *tls.Config

	// Timeout is for one request at one host. Default 30 s.
	Timeout time.Duration

	// Transport replaces the network; nil for the network. It must report each
	// request that it passes on with httptrace's GotConn.
	Transport http.RoundTripper
}

// Client makes requests to one Qlik Sense site. Its methods may be called
// concurrently.
type Client struct {
	hosts     []string
	preferred atomic.Int32 // index of the host that answered last
	base      string       // of all paths
	auth      Auth
	timeout   time.Duration
	gate      *gate // nil without a proxy
	http      *http.Client
}

// New makes a client. It touches no network.
func New(o Options) (*Client, error) {
	if len(o.Hosts) == 0 {
		return nil, errors.New("making QRS client: it has no hosts")
	}
	c := &Client{
		hosts:   o.Hosts,
		base:    "/qrs",
		auth:    o.Auth,
		timeout: o.Timeout,
		http:    &http.Client{Transport: o.Transport, CheckRedirect: stay},
	}
	if c.timeout <= 0 {
		c.timeout = 30 * time.Second
	}
	if o.Prefix != "" {
		c.base = "/" + o.Prefix + c.base
	}
	if o.Transport == nil {
		c.http.Transport = network(o.TLS)
	}
	if !o.Proxy {
		return c, nil
	}
	c.gate = newGate()
	jar, err := cookiejar.New(nil)
	c.http.Jar = jar
	return c, err
}

// User is who the client acts as, as Session.User has it; empty when only a proxy
// knows.
func (c *Client) User() string { return c.auth.user }

// stay makes a redirect an answer: it leads to a login page for people.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// network goes to the hosts directly, whatever proxy the environment names, and
// speaks HTTP/1.1 as they do.
func network(config *tls.Config) *http.Transport {
	return &http.Transport{
		TLSClientConfig:     config,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		MaxConnsPerHost:     maxConns,
		MaxIdleConnsPerHost: maxConns,
		IdleConnTimeout:     90 * time.Second, // longer than between two looks at a task

		MaxResponseHeaderBytes: 64 << 10,
	}
}

// Close ends connections that are not in use. Requests under way end as usual,
// and later ones connect anew.
func (c *Client) Close() { c.http.CloseIdleConnections() }
