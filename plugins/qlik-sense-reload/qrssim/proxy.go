package qrssim

import (
	"cmp"
	"crypto/rsa"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ProxyOptions are a virtual proxy. It knows its users by a header or by a JWT.
type ProxyOptions struct {
	// Listen is its address. Default 127.0.0.1:0.
	Listen string

	// Prefix is the first part of its paths: letters, digits, ".", "_" and "-".
	// Empty is the default virtual proxy, which has none.
	Prefix string

	// Header is the name of the header that holds the user. Not with JWTKey.
	Header string

	// Directory is the user directory of all users of the header. If it is empty,
	// the header holds DIRECTORY\user.
	Directory string

	// JWTKey checks tokens signed with RS256, sent as Authorization: Bearer. Not
	// with Header.
	JWTKey *rsa.PublicKey

	// Hosts are the host names that requests may be for, without port. Default
	// localhost, 127.0.0.1 and ::1.
	Hosts []string
}

var prefixPattern = regexp.MustCompile(`^[a-zA-Z0-9._-]*$`)

func (o ProxyOptions) check() error {
	if !prefixPattern.MatchString(o.Prefix) {
		return errors.New("the proxy's prefix has characters that are not allowed in one")
	}
	if (o.Header == "") == (o.JWTKey == nil) {
		return errors.New("the proxy needs either a header or a key for JWTs")
	}
	return nil
}

// proxy passes requests on to QRS for users it knows.
type proxy struct {
	options  ProxyOptions
	base     string // "/prefix", empty for the default one
	cookie   string
	sessions proxySessions
	next     *Simulator
}

func newProxy(o ProxyOptions, next *Simulator) *proxy {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:0")
	if len(o.Hosts) == 0 {
		o.Hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	p := &proxy{options: o, cookie: "X-Qlik-Session", next: next, sessions: newProxySessions()}
	if o.Prefix != "" {
		p.base = "/" + o.Prefix
		p.cookie += "-" + o.Prefix
	}
	return p
}

// serve lets QRS answer for a user the proxy knows, and answers others itself.
func (p *proxy) serve(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	inner, refusal := p.admit(w, r)
	if refusal != nil {
		refusal.write(w)
		p.next.log.add(r, Request{At: began, Status: refusal.status})
		return
	}
	p.next.serve(w, inner)
}

// admit checks host, path and user in this order and gives the request for QRS.
func (p *proxy) admit(w http.ResponseWriter, r *http.Request) (*http.Request, *answer) {
	if !p.hostAllowed(r.Host) {
		return nil, htmlPage(http.StatusBadRequest, "The http request header is incorrect")
	}
	path, ok := p.strip(r.URL.Path)
	if !ok {
		return nil, htmlPage(http.StatusNotFound, "Not found")
	}
	user, refusal := p.user(w, r)
	if refusal != nil {
		return nil, refusal
	}
	return p.forward(r, path, user), nil
}

// forward is the request as QRS gets it. The proxy alone decides on the user.
func (p *proxy) forward(r *http.Request, path string, user proxyUser) *http.Request {
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = path, ""
	inner.Header.Set("X-Qlik-User", "UserDirectory="+url.PathEscape(user.directory)+"; UserId="+url.PathEscape(user.id))
	return inner
}

func (p *proxy) hostAllowed(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	return slices.ContainsFunc(p.options.Hosts, func(allowed string) bool { return strings.EqualFold(allowed, host) })
}

// strip takes the prefix off a path. Only QRS is behind the proxy.
func (p *proxy) strip(path string) (string, bool) {
	n := len(p.base)
	if len(path) < n || !strings.EqualFold(path[:n], p.base) {
		return "", false
	}
	return path[n:], strings.HasPrefix(strings.ToLower(path[n:]), "/qrs/")
}
