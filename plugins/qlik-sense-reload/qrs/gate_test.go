package qrs_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// proxyOf is a proxy that counts the sessions it opens and takes a second for
// each request.
func proxyOf(sessions *atomic.Int32, status *atomic.Int32) wire {
	return func(r *http.Request) (*http.Response, error) {
		_, err := r.Cookie("X-Qlik-Session")
		time.Sleep(time.Second)
		a := answer(int(status.Load()), "[]")
		if err != nil {
			sessions.Add(1)
			a.Header.Set("Set-Cookie", "X-Qlik-Session=1; Path=/; Secure; HttpOnly")
		}
		return a, nil
	}
}

func TestRequestsShareOneSessionOfTheProxy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sessions, status atomic.Int32
		status.Store(http.StatusOK)
		client := newClient(t, qrs.Options{Transport: proxyOf(&sessions, &status), Proxy: true, Auth: qrs.WithHeader("h", "u")})
		all := func() time.Duration {
			began := time.Now()
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if _, err := client.Tasks(t.Context(), ""); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			return time.Since(began)
		}
		all()
		if sessions.Load() != 1 {
			t.Errorf("%d sessions were opened", sessions.Load())
		}
		if took := all(); took != time.Second {
			t.Errorf("with a session requests wait for each other: %s", took)
		}
	})
}

func TestARequestThatIsMerelyWrongKeepsTheSession(t *testing.T) {
	t.Parallel()
	for _, code := range []int32{400, 404, 409} {
		synctest.Test(t, func(t *testing.T) {
			var sessions, status atomic.Int32
			status.Store(code)
			client := newClient(t, qrs.Options{Transport: proxyOf(&sessions, &status), Proxy: true, Auth: qrs.WithHeader("h", "u")})
			_, _ = client.Tasks(t.Context(), "")
			began := time.Now()
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() { _, _ = client.Tasks(t.Context(), "") })
			}
			wg.Wait()
			if took := time.Since(began); took != time.Second {
				t.Errorf("after a %d requests wait for each other: %s", code, took)
			}
		})
	}
}

func TestARefusedRequestDoesNotKeepOthersOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sessions, status atomic.Int32
		status.Store(http.StatusUnauthorized)
		client := newClient(t, qrs.Options{Transport: proxyOf(&sessions, &status), Proxy: true, Auth: qrs.WithHeader("h", "u")})
		for range 3 {
			if _, err := client.Tasks(t.Context(), ""); err == nil {
				t.Error("it was accepted")
			}
		}
		status.Store(http.StatusOK)
		if _, err := client.Tasks(t.Context(), ""); err != nil {
			t.Error(err)
		}
	})
}
