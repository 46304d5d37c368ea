package qrs_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

func TestIDsFitIntoAURL(t *testing.T) {
	t.Parallel()
	ids := make([]uuid.UUID, qrs.MaxIDs)
	for i := range ids {
		ids[i] = uuid.New()
	}
	var length int
	client := newClient(t, qrs.Options{
		Hosts:  []string{"a-rather-long-name.of-a-host.in-a-long-domain.example.com:4242"},
		Prefix: strings.Repeat("p", 100),
		Transport: wire(func(r *http.Request) (*http.Response, error) {
			length = len(r.URL.String())
			return answer(200, "[]"), nil
		}),
	})
	if _, err := client.Tasks(t.Context(), qrs.AnyID("id", ids)); err != nil || length < 1500 || length >= 2000 {
		t.Errorf("%d characters, %v", length, err)
	}
}

func TestRowsOfATime(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
	var asked []string
	client := to(t, wire(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.Path+" "+r.URL.Query().Get("filter"))
		if strings.HasSuffix(r.URL.Path, "/count") {
			return answer(200, `{"value":2}`), nil
		}
		return answer(200, `[{"startTime":"2026-01-15T08:00:00.000Z"},{"startTime":"2026-01-15T08:00:00.500Z","taskID":"00000000-0000-4000-8000-000000000001"}]`), nil
	}))
	n, err := client.CountBetween(t.Context(), from, from.Add(time.Second))
	if err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
	results, err := client.ResultsBetween(t.Context(), from, from.Add(time.Second))
	if err != nil || len(results) != 2 || results[0].TaskID != wanted {
		t.Errorf("got %v, %v", results, err)
	}
	const filter = " (startTime ge '2026-01-15T08:00:00.000Z') and (startTime lt '2026-01-15T08:00:01.000Z')"
	if diff := cmp.Diff([]string{"/qrs/executionresult/count" + filter, "/qrs/executionresult/full" + filter}, asked); diff != "" {
		t.Error(diff)
	}
}

// TestWhatIsNoDataIsAnError: to take it for nothing found would be untrue.
func TestWhatIsNoDataIsAnError(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"null":         "it holds no number of rows",
		"{}":           "it holds no number of rows",
		`{"value":-1}`: "it holds no number of rows",
		`[]`:           "it answered what is not expected",
	} {
		_, err := to(t, always(200, body)).CountBetween(t.Context(), time.Now(), time.Now())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, body := range []string{"null", "{}", ""} {
		if apps, err := to(t, always(200, body)).Apps(t.Context()); err == nil {
			t.Errorf("%q: got %v", body, apps)
		}
	}
}

func TestAppsAreAskedForWithoutAFilter(t *testing.T) {
	t.Parallel()
	client := to(t, wire(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/qrs/app" || r.URL.Query().Has("filter") {
			t.Errorf("asked for %s", r.URL)
		}
		return answer(200, `[{"id":"00000000-0000-4000-8000-000000000001","name":"App1"}]`), nil
	}))
	apps, err := client.Apps(t.Context())
	if diff := cmp.Diff([]qrs.App{{ID: wanted, Name: "App1"}}, apps); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
