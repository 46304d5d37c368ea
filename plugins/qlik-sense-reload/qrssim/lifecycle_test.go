package qrssim

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"butlerd/plugins/internal/pki"
)

// TestMain fails when a simulator leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listening is a simulator on sockets, stopped at the end of the test.
func listening(t *testing.T, o Options) bench {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	b := newBench(t, o)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// client has connections of its own and does not follow redirects.
func client(t *testing.T, config *tls.Config) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (b bench) client() *http.Client {
	b.t.Helper()
	config, err := b.ClientTLS()
	if err != nil {
		b.t.Fatal(err)
	}
	return client(b.t, config)
}

// send makes a request that QRS lets through and reads the answer.
func send(c *http.Client, method, url string) (int, string, error) {
	r := request(method, url, "")
	r.RequestURI = ""
	response, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func TestClientWithTheCertificate(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{})
	code, body, err := send(b.client(), http.MethodGet, b.URL()+"/qrs/about")
	if err != nil || code != 200 || !strings.Contains(body, `"nodeType":1`) {
		t.Errorf("answered %d %s, %v", code, body, err)
	}
	if code, _, err := send(b.client(), http.MethodGet, b.URL()+"/simulator/starts"); err != nil || code != 200 {
		t.Errorf("the simulator's own endpoints answered %d, %v", code, err)
	}
	for _, path := range []string{b.Certs().Root, b.Certs().Client, b.Certs().ClientKey} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestClientsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{Hosts: []string{"127.0.0.1", "qs1.example.com"}})
	foreign, err := pki.Ensure(t.TempDir(), []string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(t *testing.T, c *tls.Config)
		want   string // part of the error; empty for success
	}{
		{"not one with everything right", func(*testing.T, *tls.Config) {}, ""},
		{"not one that knows the server by another of its names", func(_ *testing.T, c *tls.Config) { c.ServerName = "qs1.example.com" }, ""},
		{"without a certificate", func(_ *testing.T, c *tls.Config) { c.Certificates = nil }, "certificate required"},
		{"with a certificate of another site", func(t *testing.T, c *tls.Config) {
			// Given by callback, or Go would not offer a certificate the server did not ask for.
			cert, err := tls.LoadX509KeyPair(foreign.Client, foreign.ClientKey)
			if err != nil {
				t.Fatal(err)
			}
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
		}, "unknown certificate authority"},
		{"with the server's certificate", func(t *testing.T, c *tls.Config) {
			files := pki.In(b.options.Dir)
			cert, err := tls.LoadX509KeyPair(files.Server, files.ServerKey)
			if err != nil {
				t.Fatal(err)
			}
			c.Certificates = []tls.Certificate{cert}
		}, "bad certificate"},
		{"that know the server by another name", func(_ *testing.T, c *tls.Config) { c.ServerName = "localhost" }, "not localhost"},
		{"that do not know the root", func(_ *testing.T, c *tls.Config) { c.RootCAs = nil }, "unknown authority"},
		{"with an old TLS", func(_ *testing.T, c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS11, tls.VersionTLS11 }, "protocol version"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			config, err := b.ClientTLS()
			if err != nil {
				t.Fatal(err)
			}
			tt.change(t, config)
			code, _, err := send(client(t, config), http.MethodGet, b.URL()+"/qrs/about")
			if tt.want == "" {
				if err != nil || code != 200 {
					t.Errorf("answered %d, %v", code, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("answered %d, error %v, want one with %q", code, err, tt.want)
			}
		})
	}
}

func TestDroppedConnections(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{})
	for _, kind := range []FaultKind{FaultDropBefore, FaultDropAfter} {
		b.inject(Fault{Kind: kind})
		_, _, err := send(b.client(), http.MethodPost, b.URL()+"/qrs/task/"+app1Task+"/start")
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: error %v, want a closed connection", kind, err)
		}
	}
	if got := len(b.Starts()); got != 1 {
		t.Errorf("%d starts, want that of drop_after", got)
	}
}

func TestStartAndStopAreRepeatable(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{ReloadTime: time.Hour})
	c := b.client()
	addr := b.Addr()
	for range 3 {
		if err := errors.Join(b.Start(), b.Start()); err != nil {
			t.Fatal(err)
		}
		if code, _, err := send(c, http.MethodPost, b.URL()+"/qrs/task/"+app1Task+"/start"); err != nil || code != 204 {
			t.Errorf("answered %d, %v", code, err)
		}
		if err := errors.Join(b.Stop(t.Context()), b.Stop(t.Context())); err != nil {
			t.Fatal(err)
		}
		if _, _, err := send(c, http.MethodGet, b.URL()+"/qrs/about"); err == nil {
			t.Error("it answers after Stop")
		}
		if b.Addr() != addr {
			t.Errorf("the address is %s, was %s", b.Addr(), addr)
		}
	}
	starts := b.Starts()
	if len(starts) != 3 || starts[0].SessionID == starts[1].SessionID {
		t.Errorf("starts = %+v, want the first to go on over the stops", starts)
	}
}

func TestStopEndsRequests(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{})
	b.inject(Fault{Kind: FaultSlow, Delay: time.Hour})
	arrived := make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		config, _ := b.ClientTLS()
		transport := &http.Transport{TLSClientConfig: config, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			defer close(arrived)
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		}}
		defer transport.CloseIdleConnections()
		_, _, err := send(&http.Client{Transport: transport}, http.MethodGet, b.URL()+"/qrs/about")
		failed <- err
	}()
	<-arrived
	if err := b.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-failed; err == nil {
		t.Error("the request was answered")
	}
}

func TestStopDoesNotWaitLongerThanItMay(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{})
	// A connection that says nothing looks busy to net/http.
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestStartAndStopRace(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if i%2 == 0 {
				_ = b.Start()
				return
			}
			_ = b.Stop(context.Background())
			_, _, _ = b.Starts(), b.Running(), b.URL()
		})
	}
	all.Wait()
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	proxy := &ProxyOptions{Header: "hdr-usr", Listen: taken.Addr().String()}
	for want, o := range map[string]Options{
		"no directory for certificates":           {},
		"listening on " + taken.Addr().String():   {Dir: t.TempDir(), Listen: taken.Addr().String()},
		"listening on " + proxy.Listen + ": list": {Dir: t.TempDir(), Proxy: proxy},
	} {
		b := newBench(t, o)
		if err := b.Start(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want one with %q", err, want)
		}
		if len(b.listeners) != 0 {
			t.Error("it listens in part")
		}
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"127.0.0.1:4242":      "127.0.0.1:4242",
		"[::1]:4242":          "[::1]:4242",
		"sense.example.com:1": "sense.example.com:1",
		"0.0.0.0:4242":        "localhost:4242",
		"[::]:4242":           "localhost:4242",
		":4242":               "localhost:4242",
		"nonsense":            "nonsense",
	} {
		if got := reachable(addr); got != want {
			t.Errorf("reachable(%s) = %s, want %s", addr, got, want)
		}
	}
}
