package qrs_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// capture keeps the requests and answers with an empty list.
func capture(into *[]*http.Request) wire {
	return func(r *http.Request) (*http.Response, error) {
		*into = append(*into, r)
		return answer(http.StatusOK, "[]"), nil
	}
}

func TestEveryRequestHasAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	var requests []*http.Request
	client := to(t, capture(&requests))
	for range 20 {
		if _, err := client.Tasks(t.Context(), qrs.Text("name", "x")); err != nil {
			t.Fatal(err)
		}
	}
	seen := make(map[string]bool)
	for _, r := range requests {
		key := r.Header.Get("X-Qlik-Xrfkey")
		if !regexp.MustCompile(`^[0-9a-zA-Z]{16}$`).MatchString(key) || r.URL.Query().Get("xrfkey") != key {
			t.Errorf("key %q in the header, query %q", key, r.URL.RawQuery)
		}
		seen[key] = true
	}
	if len(seen) != len(requests) {
		t.Errorf("%d requests had %d keys", len(requests), len(seen))
	}
}

func TestTheWholeFilterIsEncoded(t *testing.T) {
	t.Parallel()
	var requests []*http.Request
	client := to(t, capture(&requests))
	f := qrs.Text("tags.name", `it's 100% å&b #1 + c\d`).And(qrs.Text("name", "x"))
	if _, err := client.Tasks(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	query, _, _ := strings.Cut(requests[0].URL.RawQuery, "&xrfkey=")
	want := "filter=%28tags.name%20eq%20%27it%5C%27s%20100%25%20%C3%A5%26b%20%231%20%2B%20c%5C%5Cd%27%29%20and%20%28name%20eq%20%27x%27%29"
	if query != want {
		t.Errorf("got  %s\nwant %s", query, want)
	}
}

func TestUserIsEncodedInItsHeader(t *testing.T) {
	t.Parallel()
	var requests []*http.Request
	client := newClient(t, qrs.Options{Transport: capture(&requests), Auth: qrs.AsUser("EXAMPLE; x", "åsa lind")})
	if _, err := client.Tasks(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	want := "UserDirectory=EXAMPLE%3B%20x; UserId=%C3%A5sa%20lind"
	if got := requests[0].Header.Get("X-Qlik-User"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrefixOfAVirtualProxyIsPartOfThePath(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{"": "/qrs/task/full", "jwt": "/jwt/qrs/task/full"} {
		var requests []*http.Request
		client := newClient(t, qrs.Options{Transport: capture(&requests), Prefix: prefix, Proxy: true})
		if _, err := client.Tasks(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		if got := requests[0].URL.Path; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPathsOfOrders(t *testing.T) {
	t.Parallel()
	var paths []string
	client := to(t, wire(func(r *http.Request) (*http.Response, error) {
		paths = append(paths, r.Method+" "+r.URL.Path)
		return answer(http.StatusCreated, `{"value":"00000000-0000-0000-0000-000000000000"}`), nil
	}))
	id := uuid.MustParse("E3B27F50-B1C0-4879-88FC-C7CDD9C1CF3E")
	if _, err := client.Start(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := client.Stop(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(paths, ", ")
	want := "POST /qrs/task/e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e/start/synchronous, POST /qrs/task/e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e/stop"
	if got != want {
		t.Errorf("got %s", got)
	}
}
