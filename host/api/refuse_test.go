package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"butlerd/host/dispatch"
	"butlerd/host/store"
)

func TestFailures(t *testing.T) {
	t.Parallel()
	const secret = "password=hunter2"
	tests := map[string]struct {
		err    error
		status int
		says   string
		retry  string
		logged bool
	}{
		"of the store pass":                 {fmt.Errorf("writing: %w: %s", store.ErrUnavailable, secret), 503, "the store is unavailable at the moment: the database does not answer", "5", false},
		"of a store that is slow pass":      {fmt.Errorf("writing: %w: %s", context.DeadlineExceeded, secret), 503, "does not answer in time", "5", false},
		"of a host without a lease pass":    {fmt.Errorf("%s: %w", secret, store.ErrFenced), 503, "this host holds no lease at the moment", "5", false},
		"of a change by two are told":       {fmt.Errorf("schedule %q: %w", "x", store.ErrStale), 409, "changed meanwhile", "5", false},
		"of a host that stops pass":         {dispatch.ErrStopping, 503, "the host is stopping", "5", false},
		"that nobody knows have an id only": {errors.New(secret), 500, "the log says more under request ", "", true},
		"of size are told":                  {fmt.Errorf("schedule %q: %w", "x", store.ErrTooLarge), 413, "too large", "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(o *Options) { o.Schedules = &brokenSchedules{Schedules: o.Schedules, err: tt.err} })
			a := b.send("PUT", "/v4/schedules/stopall", "")
			if a.Status != tt.status || !strings.Contains(a.Body, tt.says) || strings.Contains(a.Body, secret) {
				t.Errorf("%d %s", a.Status, a.Body)
			}
			if got := a.Header.Get("Retry-After"); got != tt.retry {
				t.Errorf("Retry-After is %q, not %q", got, tt.retry)
			}
			if logged := strings.Contains(b.log.String(), secret) && strings.Contains(b.log.String(), "level=ERROR"); logged != tt.logged {
				t.Errorf("logged: %v, not %v: %s", logged, tt.logged, b.log)
			}
			if id := a.Header.Get("X-Request-Id"); !isUUID(id) || tt.logged && !strings.Contains(a.Body, id) {
				t.Errorf("the request's id is %q", id)
			}
		})
	}
}

func TestPanicsEndTheRequestOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) {
		o.Schedules = &brokenSchedules{Schedules: o.Schedules, list: func() []store.Schedule { panic("no list today") }}
	})
	for _, path := range []string{"/v4/schedules", "/api/v1/schedules"} {
		if a := b.send("GET", path, ""); a.Status != 500 || strings.Contains(a.Body, "no list today") {
			t.Errorf("GET %s: %d %s", path, a.Status, a.Body)
		}
	}
	log := b.log.String()
	if !strings.Contains(log, "no list today") || !strings.Contains(log, "server_test.go") && !strings.Contains(log, "refuse_test.go") {
		t.Errorf("the log has no panic with its stack: %s", log)
	}
	if a := b.send("GET", "/v4/butlerping", ""); a.Status != 200 {
		t.Errorf("the next request: %d", a.Status)
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	a := b.send("GET", "/v4/schedules?id=private", "")
	var lines []string
	for line := range strings.Lines(b.log.String()) {
		if strings.Contains(line, "msg=request") {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	for _, want := range []string{"level=DEBUG", "method=GET", "path=/v4/schedules ", "status=400", "request=" + a.Header.Get("X-Request-Id")} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("%s is not in %s", want, lines[0])
		}
	}
	if strings.Contains(lines[0], "private") {
		t.Errorf("the query is logged: %s", lines[0])
	}
}

func TestAnswersAreNotKept(t *testing.T) {
	t.Parallel()
	setup(t, nil).play(t, []scenario{
		{name: "by caches or guessed at by browsers", method: "GET", path: "/api/v1/runs", status: 200,
			has: []string{"Cache-Control: no-store", "X-Content-Type-Options: nosniff"}},
		{name: "even when refused", method: "GET", path: "/api/v1/nothing", status: 404,
			has: []string{"Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Content-Type: application/problem+json"}},
	})
}
