package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"butlerd/plugins/internal/qliksite"
)

// Dialer opens sessions.
type Dialer struct {
	Hosts   []string // host:port each; tried in this order, all of them equal
	User    string   // value of the header that names the user, see qliksite.User
	TLS     *tls.Config
	Timeout time.Duration // of connecting to one host, and of a request that has none of its own
}

// Dial opens a session at the first host that gives one. app is the id of the app
// that the session is for; empty: none yet. limit is the size of the longest
// message that is taken, in bytes; a longer one breaks the connection.
//
// Each session has an identity of its own. Without one the engine may put all
// connections of a user for an app into one session, with one progress.
func (d *Dialer) Dial(ctx context.Context, app string, limit int64) (*Conn, error) {
	if app == "" {
		app = "engineData"
	}
	path := "/app/" + url.PathEscape(app) + "/identity/" + uuid.NewString()
	var errs []error
	for _, host := range d.Hosts {
		ws, err := d.dialHost(ctx, "wss://"+host+path)
		if err == nil {
			ws.SetReadLimit(limit)
			return newConn(ws, host, d.Timeout), nil
		}
		errs = append(errs, &Error{Act: "connecting", Host: host, Err: err})
		if ctx.Err() != nil || !elsewhere(err) {
			break
		}
	}
	return nil, failures(errs)
}

// elsewhere reports whether another host may do better: one that answers as it
// should, but refuses, speaks for all.
func elsewhere(err error) bool {
	var status statusError
	return !errors.As(err, &status) || status >= http.StatusInternalServerError
}

func (d *Dialer) dialHost(ctx context.Context, target string) (*websocket.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	ws, resp, err := websocket.Dial(limited, target, &websocket.DialOptions{
		HTTPClient: d.client(),
		HTTPHeader: http.Header{qliksite.UserHeader: {d.User}},
	})
	switch {
	case err == nil:
		return ws, nil
	case resp != nil && resp.StatusCode != http.StatusSwitchingProtocols:
		return nil, statusError(resp.StatusCode)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %w", errNoAnswer, context.Cause(ctx))
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w within %s", errNoAnswer, d.Timeout)
	}
	return nil, qliksite.Explain(innermost(err))
}

// client is for one connection. It follows no redirect: one would carry the user's
// name to somewhere else.
func (d *Dialer) client() *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig:        d.TLS,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
			// WebSockets are upgraded from HTTP/1.1.
			TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
		},
	}
}

// innermost is the error without the words of the libraries around it, and
// without the URL.
func innermost(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// failures tells on one line what each host had against a connection.
type failures []error

// Error implements error.
func (f failures) Error() string {
	texts := make([]string, len(f))
	for i, err := range f {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap gives them all.
func (f failures) Unwrap() []error { return f }
