package qrs_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

var errRefused = errors.New("connect: connection refused")

// sites is a client of two hosts.
func sites(t *testing.T, a, b http.RoundTripper) (client *qrs.Client, asked map[string]int) {
	t.Helper()
	asked = make(map[string]int)
	count := func(host string, next http.RoundTripper) roundTripper {
		return func(r *http.Request) (*http.Response, error) {
			asked[host]++
			return next.RoundTrip(r)
		}
	}
	client = newClient(t, qrs.Options{
		Hosts:     []string{"a:4242", "b:4242"},
		Transport: byHost{"a:4242": count("a", a), "b:4242": count("b", b)},
	})
	return client, asked
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// cut is a connection that ends before the answer.
func cut(*http.Request) (*http.Response, error) { return nil, io.EOF }

func TestReadsGoToTheNextHost(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		first http.RoundTripper
		moves bool
	}{
		"when the first cannot be reached":  {unreachable{errRefused}, true},
		"when its connection breaks":        {wire(cut), true},
		"when it is in trouble":             {always(503, ""), true},
		"but not when it refuses":           {always(403, "Forbidden"), false},
		"but not when it has no such thing": {always(400, ""), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, asked := sites(t, tt.first, always(200, "[]"))
			for range 3 {
				if _, err := client.Tasks(t.Context(), ""); (err == nil) != tt.moves {
					t.Fatalf("got %v", err)
				}
			}
			if tt.moves && (asked["a"] != 1 || asked["b"] != 3) {
				t.Errorf("it does not stay with the host that answers: %v", asked)
			}
			if !tt.moves && asked["b"] != 0 {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

func TestErrorsOfAllHostsAreTold(t *testing.T) {
	t.Parallel()
	client, _ := sites(t, unreachable{errRefused}, always(403, "Forbidden"))
	_, err := client.Tasks(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), "at a:4242: connect: connection refused; reading tasks at b:4242: it answered 403") {
		t.Errorf("got %v", err)
	}
	if !qrs.MayPass(err) {
		t.Error("the first host may come back")
	}
}

func TestAStartIsSentToOneHostOnly(t *testing.T) {
	t.Parallel()
	const started = `{"value":"e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e"}`
	tests := map[string]struct {
		first http.RoundTripper
		moves bool
		may   bool // have taken effect
		yet   bool
	}{
		"moves when nothing was sent":        {unreachable{errRefused}, true, false, false},
		"stays when the connection breaks":   {wire(cut), false, true, false},
		"stays when the host is in trouble":  {always(500, ""), false, true, false},
		"stays when a gateway gave up":       {always(504, ""), false, true, true},
		"stays when the answer is a page":    {always(200, "<html>"), false, true, false},
		"stays when the answer has no value": {always(201, "{}"), false, true, false},
		"stays when the host wants a login":  {always(302, ""), false, false, false},
		"stays when it is refused":           {always(403, ""), false, false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, asked := sites(t, tt.first, always(201, started))
			id, err := client.Start(t.Context(), wanted)
			if (err == nil) != tt.moves || tt.moves && id.String() != "e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e" {
				t.Fatalf("got %v, %v", id, err)
			}
			if (asked["b"] == 1) != tt.moves || asked["a"] != 1 {
				t.Errorf("asked %v", asked)
			}
			if qrs.MayHaveTakenEffect(err) != tt.may || qrs.MayYetTakeEffect(err) != tt.yet {
				t.Errorf("may have taken effect: %t; yet: %t", qrs.MayHaveTakenEffect(err), qrs.MayYetTakeEffect(err))
			}
		})
	}
}

func TestAStartThatMovedAndBrokeMayHaveTakenEffect(t *testing.T) {
	t.Parallel()
	client, _ := sites(t, unreachable{errRefused}, wire(cut))
	_, err := client.Start(t.Context(), wanted)
	if !qrs.MayHaveTakenEffect(err) {
		t.Errorf("got %v", err)
	}
}

func TestStartReadsBothFormsOfAnId(t *testing.T) {
	t.Parallel()
	const id = "e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e"
	for _, body := range []string{`{"value":"` + id + `"}`, `"` + id + `"`, `{"Value":"` + strings.ToUpper(id) + `"}`} {
		if got, err := to(t, always(201, body)).Start(t.Context(), wanted); err != nil || got.String() != id {
			t.Errorf("%s: got %v, %v", body, got, err)
		}
	}
}

// never answers before its context ends.
func never(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestARequestTakesNoLongerThanItsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, qrs.Options{Transport: wire(never), Timeout: 5 * time.Second})
		began := time.Now()
		_, err := client.Start(t.Context(), wanted)
		if err == nil || !strings.Contains(err.Error(), "no answer within 5s") || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if time.Since(began) != 5*time.Second {
			t.Errorf("took %s", time.Since(began))
		}
		if !qrs.MayYetTakeEffect(err) || !qrs.MayPass(err) {
			t.Error("the start may be carried out yet")
		}
	})
}

func TestACancelledRequestTellsTheCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("host stopping")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		client, asked := sites(t, wire(never), wire(never))
		_, err := client.Start(ctx, wanted)
		if !errors.Is(err, cause) || !qrs.MayYetTakeEffect(err) {
			t.Errorf("got %v", err)
		}
		if _, err := client.Tasks(ctx, ""); !errors.Is(err, cause) || asked["b"] != 0 {
			t.Errorf("asked %v, got %v", asked, err)
		}
	})
}
