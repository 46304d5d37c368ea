package qrssim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestConcurrentUse is for the race detector: rows are written as JSON after the
// site is unlocked, while executions go on.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{ReloadTime: time.Millisecond, TriggerTime: -1, StopTime: -1, History: 10})
	paths := []string{
		"POST /qrs/task/" + app1Task + "/start", "POST /qrs/task/" + flakyTask + "/start", "POST /qrs/task/" + app1Task + "/stop",
		"GET /qrs/task/full", "GET /qrs/executionresult/full", "GET /qrs/executionsession/full", "GET /qrs/app/full",
		"POST /qrs/app/" + nameID("app", "App2").String() + "/reload",
	}
	var all sync.WaitGroup
	for _, path := range paths {
		all.Go(func() {
			method, path, _ := strings.Cut(path, " ")
			for range 100 {
				w := httptest.NewRecorder()
				b.Handler().ServeHTTP(w, request(method, path, ""))
				if w.Code != http.StatusOK && w.Code != http.StatusNoContent {
					t.Errorf("%s answered %d", path, w.Code)
				}
			}
		})
	}
	all.Go(func() {
		for range 100 {
			_, _, _ = b.Starts(), b.Running(), b.Requests()
		}
	})
	all.Wait()
	if got := len(b.Starts()); got != 300 {
		t.Errorf("%d starts, want 300", got)
	}
}
