package qrssim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	xrfkey = "0123456789abcdef"
	user   = "UserDirectory=INTERNAL; UserId=sa_repository"

	// Tasks of the default seed.
	app1Task     = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
	app2Task     = "7552d9fc-d1bb-4975-9a38-18357de531ea"
	app3Task     = "fb0f317d-da91-4b86-aafa-0174ae1e8c8f"
	app4Task     = "e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e"
	failingTask  = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e01"
	flakyTask    = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e02"
	slowTask     = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e03"
	disabledTask = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e04"
	externalTask = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e05"
	syncTask     = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e06"
	awkwardTask  = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e07"
	unknownTask  = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
)

// bench is a simulator and a client of its handler.
type bench struct {
	*Simulator
	t *testing.T
}

func newBench(t *testing.T, o Options) bench {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return bench{s, t}
}

// request makes a request that QRS lets through, with a query that is already
// encoded.
func request(method, path, body string) *http.Request {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	r := httptest.NewRequest(method, path+separator+"xrfkey="+xrfkey, strings.NewReader(body))
	r.Header.Set("X-Qlik-Xrfkey", xrfkey)
	r.Header.Set("X-Qlik-User", user)
	return r
}

func (b bench) call(method, path, body string) *httptest.ResponseRecorder {
	b.t.Helper()
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, request(method, path, body))
	return w
}

func (b bench) get(path string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.call(http.MethodGet, path, "")
}

func (b bench) post(path, body string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.call(http.MethodPost, path, body)
}

// start starts a task and gives the id of its session.
func (b bench) start(task string) string {
	b.t.Helper()
	w := b.post("/qrs/task/"+task+"/start/synchronous", "")
	if w.Code != http.StatusCreated {
		b.t.Fatalf("start answered %d %s", w.Code, w.Body)
	}
	return decode[struct{ Value string }](b.t, w).Value
}

// results gives the results of a session, oldest first.
func (b bench) results(session string) []resultJSON {
	b.t.Helper()
	return decode[[]resultJSON](b.t, b.get("/qrs/executionresult/full?orderby=startTime&filter=executionID%20eq%20"+session))
}

// status gives that of the newest attempt of a session.
func (b bench) status(session string) status {
	b.t.Helper()
	results := b.results(session)
	if len(results) == 0 {
		b.t.Fatalf("session %s has no result", session)
	}
	return results[len(results)-1].Status
}

type resultJSON struct {
	ID, TaskID, ExecutionID, AppID, FileReferenceID uuid.UUID
	Status                                          status
	StartTime, StopTime                             time.Time
	Duration, ScriptLogSize                         int64
	ScriptLogAvailable                              bool
	ScriptLogLocation, ExecutingNodeName            string
	Details                                         []struct {
		Message           string
		DetailsType       int
		DetailCreatedDate time.Time
	}
}

func (r resultJSON) messages() []string {
	var messages []string
	for _, d := range r.Details {
		messages = append(messages, d.Message)
	}
	return messages
}

// decode reads a JSON answer, whatever its status.
func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != typeJSON {
		t.Errorf("content type %q, want %q", got, typeJSON)
	}
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("decoding %.200s: %v", w.Body, err)
	}
	return v
}

// filtered is a path with a filter, all of it percent-encoded.
func filtered(path, filter string) string {
	return path + "?filter=" + strings.ReplaceAll(url.QueryEscape(filter), "+", "%20")
}

// names gives the names of rows.
func (b bench) names(path string) []string {
	b.t.Helper()
	names := []string{}
	for _, row := range decode[[]struct{ Name string }](b.t, b.get(path)) {
		names = append(names, row.Name)
	}
	return names
}
