package qrs_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptrace"
	"testing"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// wire answers requests in place of the network.
type wire func(*http.Request) (*http.Response, error)

// RoundTrip says first that the request went out, as a connection does.
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	return w(r)
}

// unreachable is a host that cannot be connected to.
type unreachable struct{ err error }

func (u unreachable) RoundTrip(*http.Request) (*http.Response, error) { return nil, u.err }

// byHost goes a way of its own for each host.
type byHost map[string]http.RoundTripper

func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) { return b[r.URL.Host].RoundTrip(r) }

// always gives the same answer.
func always(status int, body string) wire {
	return func(*http.Request) (*http.Response, error) { return answer(status, body), nil }
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(body))}
}

// newClient has one host unless the options say otherwise.
func newClient(t testing.TB, o qrs.Options) *qrs.Client {
	t.Helper()
	if o.Hosts == nil {
		o.Hosts = []string{"qs1:4242"}
	}
	if o.Auth == (qrs.Auth{}) {
		o.Auth = qrs.AsUser("INTERNAL", "sa_repository")
	}
	client, err := qrs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func to(t testing.TB, transport http.RoundTripper) *qrs.Client {
	t.Helper()
	return newClient(t, qrs.Options{Transport: transport})
}
