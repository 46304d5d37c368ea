package qrssim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
)

func (b bench) inject(f Fault) {
	b.t.Helper()
	if err := b.Inject(f); err != nil {
		b.t.Fatal(err)
	}
}

func TestFaultsThatAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		fault       Fault
		status      int
		body        string
		contentType string
	}{
		{"400", Fault{Kind: FaultStatus, Status: 400, Body: "bad"}, 400, "bad", typeText},
		{"403", Fault{Kind: FaultStatus, Status: 403, Body: "Forbidden"}, 403, "Forbidden", typeText},
		{"404", Fault{Kind: FaultStatus, Status: 404}, 404, "", typeText},
		{"409", Fault{Kind: FaultStatus, Status: 409}, 409, "", typeText},
		{"429", Fault{Kind: FaultStatus, Status: 429, Body: "Too many requests"}, 429, "Too many requests", typeText},
		{"500", Fault{Kind: FaultStatus, Status: 500, Body: "oops"}, 500, "oops", typeText},
		{"a page", Fault{Kind: FaultHTML}, 200, "<!DOCTYPE html>", typeHTML},
		{"a page of its own", Fault{Kind: FaultHTML, Status: 503, Body: "<html>down</html>"}, 503, "<html>down</html>", typeHTML},
		{"a redirect", Fault{Kind: FaultRedirect}, 302, "", typeHTML},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{})
			b.inject(tt.fault)
			w := b.post("/qrs/task/"+app1Task+"/start", "")
			if w.Code != tt.status || !strings.HasPrefix(w.Body.String(), tt.body) || w.Header().Get("Content-Type") != tt.contentType {
				t.Errorf("answered %d %s %s, want %d %s %s", w.Code, w.Header().Get("Content-Type"), w.Body, tt.status, tt.contentType, tt.body)
			}
			if len(b.Starts()) != 0 {
				t.Error("the start took effect")
			}
			if code := b.post("/qrs/task/"+app1Task+"/start", "").Code; code != http.StatusNoContent {
				t.Errorf("the request after it answered %d: the fault was for one", code)
			}
		})
	}
}

func TestFaultRedirectsTo(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.inject(Fault{Kind: FaultRedirect})
	b.inject(Fault{Kind: FaultRedirect, Body: "https://sense.example.com/x"})
	for _, want := range []string{"/internal_windows_authentication/", "https://sense.example.com/x"} {
		if got := b.get("/qrs/about").Header().Get("Location"); !strings.HasPrefix(got, want) {
			t.Errorf("redirected to %q, want %q", got, want)
		}
	}
}

func TestFaultMatches(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.inject(Fault{Kind: FaultStatus, Status: 409, Method: "post", Path: "/QRS/task/*/start*", Times: 2})
	b.inject(Fault{Kind: FaultStatus, Status: 429, Path: "/qrs/about", Times: -1})
	start := "/qrs/task/" + app1Task + "/start"
	for i, step := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/qrs/task", 200},
		{"POST", "/qrs/task/" + app1Task + "/stop", 204},
		{"POST", start + "/synchronous", 409},
		{"GET", start, 404},
		{"GET", "/qrs/about", 429},
		{"POST", strings.ToUpper(start), 409},
		{"POST", start, 204},
		{"GET", "/qrs/about", 429},
		{"GET", "/qrs/about/x", 404},
	} {
		if code := b.call(step.method, step.path, "").Code; code != step.status {
			t.Errorf("step %d, %s %s, answered %d, want %d", i, step.method, step.path, code, step.status)
		}
	}
	b.ClearFaults()
	if code := b.get("/qrs/about").Code; code != http.StatusOK {
		t.Errorf("answered %d after all faults were cleared", code)
	}
}

func TestFaultSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		b.inject(Fault{Kind: FaultSlow, Delay: 20 * time.Second, Times: 2})
		began := time.Now()
		if code := b.get("/qrs/about").Code; code != 200 || time.Since(began) != 20*time.Second {
			t.Errorf("answered %d after %v, want 200 after 20 s", code, time.Since(began))
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := request(http.MethodPost, "/qrs/task/"+app1Task+"/start", "").WithContext(ctx)
		if !aborts(b, start) || len(b.Starts()) != 0 {
			t.Error("a client that has gone has started a task")
		}
	})
}

// aborts reports whether a request ends in a dropped connection.
func aborts(b bench, r *http.Request) (aborted bool) {
	defer func() { aborted = recover() == http.ErrAbortHandler }()
	b.Handler().ServeHTTP(httptest.NewRecorder(), r)
	return false
}

func TestFaultDrops(t *testing.T) {
	t.Parallel()
	for kind, want := range map[FaultKind]int{FaultDropBefore: 0, FaultDropAfter: 1} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{})
			b.inject(Fault{Kind: kind})
			if !aborts(b, request(http.MethodPost, "/qrs/task/"+app1Task+"/start/synchronous", "")) {
				t.Error("the request was answered")
			}
			if got := len(b.Starts()); got != want {
				t.Errorf("%d starts, want %d", got, want)
			}
			if requests := b.Requests(); len(requests) != 1 || requests[0].Status != 0 {
				t.Errorf("requests = %+v, want one with status 0", requests)
			}
		})
	}
}

func TestFaultZeros(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.inject(Fault{Kind: FaultZeros})
	if got := b.start(app1Task); got != uuid.Nil.String() {
		t.Errorf("session %s, want zeros", got)
	}
	if got := b.start(app1Task); got == uuid.Nil.String() {
		t.Error("the second start did not take effect either")
	}
}

func TestFaultLateRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		b.inject(Fault{Kind: FaultLateRow, Delay: 5 * time.Second})
		session := b.start(app1Task)
		time.Sleep(5*time.Second - 1)
		if got := len(b.results(session)); got != 0 {
			t.Errorf("%d results too early", got)
		}
		time.Sleep(time.Nanosecond)
		results := b.results(session)
		if len(results) != 1 {
			t.Fatalf("%d results in time, want 1", len(results))
		}
		if code := b.get("/qrs/executionresult/" + results[0].ID.String()).Code; code != http.StatusOK {
			t.Errorf("the result answers %d", code)
		}
	})
}

func TestFaultNoLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		session := b.start(app1Task)
		time.Sleep(time.Minute)
		r := b.results(session)[0]
		w := b.get("/qrs/reloadtask/" + app1Task + "/scriptlog?fileReferenceId=" + r.FileReferenceID.String())
		path := "/qrs/download/reloadtask/" + decode[struct{ Value string }](t, w).Value + "/x.log"
		b.inject(Fault{Kind: FaultNoLog, Times: 2})
		for i, want := range []int{404, 404, 200} {
			if code := b.get(path).Code; code != want {
				t.Errorf("download %d answered %d, want %d", i+1, code, want)
			}
		}
	})
}

func TestInjectRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for want, fault := range map[string]Fault{
		`the kind "" is not known`:        {},
		"a slow fault needs a delay":      {Kind: FaultSlow},
		"a late_row fault needs a delay":  {Kind: FaultLateRow},
		"a status fault needs a status":   {Kind: FaultStatus},
		"the status 99 is not 200 to 599": {Kind: FaultStatus, Status: 99},
		"the status 600 is not 200":       {Kind: FaultHTML, Status: 600},
		"is not 0s to 24h0m0s":            {Kind: FaultSlow, Delay: 25 * time.Hour},
		"path or body is longer":          {Kind: FaultHTML, Body: strings.Repeat("x", maxFaultText+1)},
		"times is":                        {Kind: FaultZeros, Times: maxFaultTimes + 1},
	} {
		if err := b.Inject(fault); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Inject(%+.60v) error = %v, want one with %q", fault, err, want)
		}
	}
	for range maxFaults {
		b.inject(Fault{Kind: FaultZeros})
	}
	if err := b.Inject(Fault{Kind: FaultZeros}); err == nil {
		t.Error("there is no limit to faults")
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	// Neither an xrfkey nor a user is needed there.
	control := func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w
	}
	t.Run("takes faults", func(t *testing.T) {
		w := control("POST", "/simulator/faults", `{"method":"GET","path":"/qrs/about","times":-1,"kind":"status","status":500,"body":"oops"}`)
		if w.Code != http.StatusNoContent {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		if got := b.get("/qrs/about"); got.Code != 500 || got.Body.String() != "oops" {
			t.Errorf("answered %d %s, want 500 oops", got.Code, got.Body)
		}
	})
	t.Run("clears them", func(t *testing.T) {
		if code := control("DELETE", "/simulator/faults", "").Code; code != http.StatusNoContent {
			t.Errorf("answered %d", code)
		}
		if code := b.get("/qrs/about").Code; code != http.StatusOK {
			t.Errorf("the fault is still there: %d", code)
		}
	})
	t.Run("reads delays as texts", func(t *testing.T) {
		if w := control("POST", "/simulator/faults", `{"kind":"late_row","delay":"1h","path":"/qrs/task/*"}`); w.Code != http.StatusNoContent {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		if got := len(b.results(b.start(app1Task))); got != 0 {
			t.Errorf("%d results, want none for an hour", got)
		}
	})
	t.Run("shows starts", func(t *testing.T) {
		got := decode[[]Start](t, control("GET", "/simulator/starts", ""))
		if len(got) != 1 || got[0].TaskID.String() != app1Task || got[0].TaskName != "Reload task of App1" || got[0].SessionID == uuid.Nil {
			t.Errorf("starts = %+v", got)
		}
	})
	t.Run("is not subject to faults", func(t *testing.T) {
		b.inject(Fault{Kind: FaultStatus, Status: 500, Times: -1})
		if code := control("GET", "/simulator/starts", "").Code; code != http.StatusOK {
			t.Errorf("answered %d", code)
		}
	})
	for name, body := range map[string]string{"no JSON": "x", "a fault without a kind": "{}", "an unknown member": `{"kind":"zeros","x":1}`, "a number for a delay": `{"kind":"slow","delay":5}`} {
		t.Run("refuses "+name, func(t *testing.T) {
			if w := control("POST", "/simulator/faults", body); w.Code != http.StatusBadRequest || w.Body.Len() == 0 {
				t.Errorf("answered %d %s, want 400 with a reason", w.Code, w.Body)
			}
		})
	}
	t.Run("has nothing else", func(t *testing.T) {
		if code := control("GET", "/simulator/x", "").Code; code != http.StatusNotFound {
			t.Errorf("answered %d, want 404", code)
		}
	})
}
