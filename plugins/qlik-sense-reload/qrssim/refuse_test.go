package qrssim

import (
	"net/http"
	"testing"
	"time"
)

func TestASiteRefusesConnectionsOnDemand(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{Control: "127.0.0.1:0", Proxy: &ProxyOptions{Header: "hdr-usr"}})
	c := b.client()
	status := func(method, url string) int {
		t.Helper()
		code, _, err := send(c, method, url)
		if err != nil {
			return dropped
		}
		return code
	}
	site, proxied := b.URL(), b.ProxyURL()
	if code := status(http.MethodPost, site+"/simulator/refuse"); code != http.StatusNotFound {
		t.Errorf("a site answers %d when it is told to refuse connections: it could not be told to end that", code)
	}
	for range 2 { // both ways are repeatable
		if code := status(http.MethodPost, b.ControlURL()+"/simulator/refuse"); code != http.StatusNoContent {
			t.Fatalf("refuse answered %d", code)
		}
		if a, b := status(http.MethodGet, site+"/simulator/starts"), status(http.MethodGet, proxied+"/qrs/about"); a != dropped || b != dropped {
			t.Errorf("it answers %d and %d", a, b)
		}
		if code := status(http.MethodGet, b.ControlURL()+"/simulator/starts"); code != http.StatusOK {
			t.Errorf("its control answers %d", code)
		}
	}
	for range 2 {
		if code := status(http.MethodPost, b.ControlURL()+"/simulator/accept"); code != http.StatusNoContent {
			t.Fatalf("accept answered %d", code)
		}
	}
	if a, b := status(http.MethodGet, site+"/simulator/starts"), status(http.MethodGet, proxied+"/qrs/about"); a != http.StatusOK || b == dropped {
		t.Errorf("it answers %d and %d", a, b)
	}
	if code := status(http.MethodGet, b.ControlURL()+"/qrs/about"); code != http.StatusNotFound {
		t.Errorf("the control answers QRS requests with %d", code)
	}
}

func TestRefusingEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{})
	b.inject(Fault{Kind: FaultSlow, Delay: time.Hour})
	ended := make(chan error, 1)
	c := b.client()
	go func() {
		_, _, err := send(c, http.MethodGet, b.URL()+"/qrs/about")
		ended <- err
	}()
	waitFor(t, func() bool {
		b.faults.mu.Lock()
		defer b.faults.mu.Unlock()
		return len(b.faults.list) == 0 // the request has come
	})
	if err := b.Refuse(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("the request was answered")
	}
}

// waitFor waits until something is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the test ended before")
		case <-time.After(10 * time.Second):
			t.Fatal("it took too long")
		}
	}
}

func TestNoControlWithoutCertificates(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Control: "127.0.0.1:0"})
	if err := b.Start(); err == nil {
		t.Error("it listens")
	}
	if newBench(t, Options{}).ControlURL() != "" {
		t.Error("there is a control that nobody asked for")
	}
}
