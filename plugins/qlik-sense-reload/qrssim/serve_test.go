package qrssim

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestXrfkey(t *testing.T) {
	t.Parallel()
	const refusal = "XSRF prevention check failed. Possible XSRF discovered."
	tests := []struct {
		name, query, header string
		status              int
	}{
		{"equal", "xrfkey=abcdefghijklmnop", "abcdefghijklmnop", 200},
		{"equal with a name in another case", "XrfKey=ABCDEFGHIJ123456", "ABCDEFGHIJ123456", 200},
		{"missing in the query", "", "abcdefghijklmnop", 403},
		{"missing in the header", "xrfkey=abcdefghijklmnop", "", 403},
		{"missing in both", "", "", 403},
		{"different", "xrfkey=abcdefghijklmnop", "abcdefghijklmnoq", 403},
		{"different in case", "xrfkey=abcdefghijklmnop", "ABCDEFGHIJKLMNOP", 403},
		{"too short", "xrfkey=abcdefghijklmno", "abcdefghijklmno", 403},
		{"too long", "xrfkey=abcdefghijklmnopq", "abcdefghijklmnopq", 403},
		{"with other characters", "xrfkey=abcdefg-ijklmnop", "abcdefg-ijklmnop", 403},
	}
	b := newBench(t, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/qrs/about?"+tt.query, nil)
			r.Header.Set("X-Qlik-User", user)
			if tt.header != "" {
				r.Header.Set("X-Qlik-Xrfkey", tt.header)
			}
			w := httptest.NewRecorder()
			b.Handler().ServeHTTP(w, r)
			if w.Code != tt.status || tt.status == 403 && w.Body.String() != refusal {
				t.Errorf("answered %d %s, want %d", w.Code, w.Body, tt.status)
			}
		})
	}
}

func TestUserHeader(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, header, want string }{
		{"as documented", "UserDirectory=INTERNAL; UserId=sa_repository", `INTERNAL\sa_repository`},
		{"without a blank", "UserDirectory=Internal;UserId=sa_api", `Internal\sa_api`},
		{"in another order and case", "userid=a;USERDIRECTORY=b", `b\a`},
		{"percent-encoded", "UserDirectory=D%20X; UserId=%C3%A5sa%3B", `D X\åsa;`},
		{"missing", "", ""},
		{"with colons", "UserDirectory:Internal;UserId:sa_api", ""},
		{"without a directory", "UserId=sa_api", ""},
		{"without an id", "UserDirectory=Internal;UserId=", ""},
		{"badly encoded", "UserDirectory=Internal;UserId=%zz", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{})
			r := request(http.MethodPost, "/qrs/task/"+app1Task+"/start", "")
			r.Header.Set("X-Qlik-User", tt.header)
			w := httptest.NewRecorder()
			b.Handler().ServeHTTP(w, r)
			starts := b.Starts()
			if tt.want == "" {
				if w.Code != http.StatusForbidden || len(starts) != 0 {
					t.Errorf("answered %d with %d starts, want 403 and none", w.Code, len(starts))
				}
				return
			}
			if w.Code != http.StatusNoContent || len(starts) != 1 || starts[0].User != tt.want {
				t.Errorf("answered %d with starts %+v, want one by %s", w.Code, starts, tt.want)
			}
		})
	}
}

func TestXrfkeyIsCheckedBeforeUserAndPath(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/qrs/nothing", nil))
	if !strings.HasPrefix(w.Body.String(), "XSRF") {
		t.Errorf("answered %s, want the xrfkey first", w.Body)
	}
	w = httptest.NewRecorder()
	r := request(http.MethodGet, "/qrs/nothing", "")
	r.Header.Del("X-Qlik-User")
	b.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("answered %d, want the user before the path", w.Code)
	}
}

func TestRequestsAreSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := newBench(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err := b.Inject(Fault{Kind: FaultSlow, Delay: 3 * time.Second}); err != nil {
			t.Fatal(err)
		}
		at := time.Now()
		b.get(filtered("/qrs/Task", "name eq 'it\\'s'"))
		b.post("/qrs/nothing", "")

		got := b.Requests()
		if len(got) != 2 {
			t.Fatalf("%d requests, want 2", len(got))
		}
		want := Request{
			At: at, Method: "GET", Path: "/qrs/Task", Query: "filter=name%20eq%20%27it%5C%27s%27&xrfkey=" + xrfkey,
			User: `INTERNAL\sa_repository`, Status: 200, Duration: 3 * time.Second,
		}
		if got[0] != want {
			t.Errorf("request = %+v, want %+v", got[0], want)
		}
		if got[1].Status != 404 {
			t.Errorf("status %d, want 404", got[1].Status)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 {
			t.Fatalf("%d lines for 2 requests:\n%s", len(lines), &log)
		}
		for _, part := range []string{"msg=request", "method=GET", "path=/qrs/Task", "query=", "status=200", "duration=3s"} {
			if !strings.Contains(lines[0], part) {
				t.Errorf("the line lacks %s: %s", part, lines[0])
			}
		}
	})
}

// FuzzHandler holds that no path or query brings the simulator down, and that an
// answer is one QRS could give.
func FuzzHandler(f *testing.F) {
	f.Add("GET", "/qrs/task/full", "filter=name+eq+'x'&orderby=name desc", "")
	f.Add("POST", "/qrs/task/"+app1Task+"/start/synchronous", "", "{}")
	f.Add("POST", "/qrs/task/start/many", "", jsonList([]string{app1Task}))
	f.Add("POST", "/qrs/reloadtask/table", "skip=1&take=2", `{"columns":[{"columnType":"Property","definition":"id"}]}`)
	f.Add("GET", "/qrs/download/reloadtask/"+app1Task+"/x", "", "")
	f.Add("POST", "/simulator/faults", "", `{"kind":"zeros","times":2}`)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		if strings.Contains(body, "slow") || strings.Contains(body, "drop") {
			t.Skip("waits or aborts on purpose")
		}
		s, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := request(http.MethodGet, "/", body)
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query+"&xrfkey="+xrfkey
		for range 2 {
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r.Clone(t.Context()))
			if w.Code < 200 || w.Code > 413 {
				t.Errorf("%s %s?%s answered %d", method, path, query, w.Code)
			}
		}
	})
}
