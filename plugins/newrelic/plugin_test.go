package newrelic_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/newrelic"
	"butlerd/sdk/sdktest"
)

const key = "NRAK-verysecret"

// request is what a receiver got.
type request struct {
	Line   string
	Header http.Header
	Body   string
}

// receiver answers as New Relic does when it takes something.
func receiver(t *testing.T) (url string, got <-chan request) {
	t.Helper()
	requests := make(chan request, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- request{r.Method + " " + r.URL.Path, r.Header, string(body)}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func config(url string, more string) string {
	return fmt.Sprintf(`{"account_id": "1", "insert_key": %q, "events_url": "%s/newrelic/", "metrics_url": "%s/metric/v1"%s}`, key, url, url, more)
}

func run(t *testing.T, config, action, arguments string) *sdktest.Record {
	t.Helper()
	client := sdktest.Serve(t, newrelic.Plugin())
	faults, err := client.Configure(t.Context(), config)
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	r, err := client.Run(t.Context(), action, arguments)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ action, more, arguments, line, body string }{
		"an event": {
			newrelic.Event, `, "attributes": {"env": "prod", "a": "1"}`,
			`{"event_type": "relead-failed", "timestamp": 1642164296053, "attributes": {"host.name": "dev", "a": "2"}}`,
			"POST /newrelic/v1/accounts/1/events",
			`{"timestamp":1642164296053,"eventType":"relead-failed","env":"prod","host.name":"dev","a":"2"}`,
		},
		"a bare event": {
			newrelic.Event, "", `{"event_type": "e", "timestamp": 5}`,
			"POST /newrelic/v1/accounts/1/events", `{"timestamp":5,"eventType":"e"}`,
		},
		"a gauge": {
			newrelic.Metric, `, "attributes": {"env": "prod"}`,
			`{"name": "memory.heap", "type": "gauge", "value": 2.3, "interval": 1, "timestamp": 1642164296053, "attributes": {"host.name": "dev"}}`,
			"POST /metric/v1",
			`[{"metrics":[{"name":"memory.heap","type":"gauge","value":2.3,"timestamp":1642164296053,"attributes":{"env":"prod","host.name":"dev"}}]}]`,
		},
		"a count": {
			newrelic.Metric, "", `{"name": "m", "type": "count", "value": 0, "interval": 10000, "timestamp": 7}`,
			"POST /metric/v1",
			`[{"metrics":[{"name":"m","type":"count","value":0,"interval.ms":10000,"timestamp":7}]}]`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, requests := receiver(t)
			r := run(t, config(url, tt.more+`, "headers": {"X-Proxy": "p"}`), tt.action, tt.arguments)
			if r.Status != sdktest.Succeeded || r.Summary == "" {
				t.Fatalf("got %+v", r)
			}
			got := <-requests
			if got.Line != tt.line || got.Header.Get("Api-Key") != key || got.Header.Get("X-Proxy") != "p" || got.Header.Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("got %+v", got)
			}
			if diff := cmp.Diff(decoded(t, tt.body), decoded(t, got.Body)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWithoutATimestampItIsNow(t *testing.T) {
	t.Parallel()
	url, requests := receiver(t)
	before := time.Now().UnixMilli()
	r := run(t, config(url, ""), newrelic.Event, `{"event_type": "e"}`)
	var event struct{ Timestamp int64 }
	if err := json.Unmarshal([]byte((<-requests).Body), &event); err != nil {
		t.Fatal(err)
	}
	if r.Status != sdktest.Succeeded || event.Timestamp < before || event.Timestamp > time.Now().UnixMilli() {
		t.Errorf("got %+v, event %+v", r, event)
	}
}

func TestARefusalDoesNotTellTheKey(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "bad key %s via %s", r.Header.Get("Api-Key"), r.Header.Get("X-Token"))
	}))
	defer server.Close()
	r := run(t, config(server.URL, `, "headers": {"X-Token": "alsosecret"}`), newrelic.Metric, `{"name": "m", "value": 1}`)
	want := "New Relic answered 403 Forbidden: bad key (hidden) via (hidden)"
	if r.Status != sdktest.Failed || r.Retry != sdktest.Never || r.Err != want {
		t.Errorf("got %+v", r)
	}
}

func TestTooManyAttributesWithThoseOfTheConfiguration(t *testing.T) {
	t.Parallel()
	url, _ := receiver(t)
	attributes := make(map[string]string)
	for i := range 150 {
		attributes[fmt.Sprint("a", i)] = "x"
	}
	many, _ := json.Marshal(attributes)
	r := run(t, config(url, `, "attributes": {"env": "prod"}`), newrelic.Metric, `{"name": "m", "value": 1, "attributes": `+string(many)+`}`)
	if r.Status != sdktest.Failed || r.Retry != sdktest.Never || len(r.Diagnostics) != 1 || r.Diagnostics[0].Path.String() != "attributes" {
		t.Errorf("got %+v", r)
	}
}

func TestArgumentsAreChecked(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("å", 256)
	tests := map[string]struct{ action, arguments, want string }{
		"no type":            {newrelic.Event, `{"event_type": ""}`, "event_type: must not be empty"},
		"a long type":        {newrelic.Event, `{"event_type": "` + long + `"}`, "event_type: must not be longer than 255 characters"},
		"before 1970":        {newrelic.Event, `{"event_type": "e", "timestamp": -1}`, "timestamp: must be milliseconds since 1970-01-01 UTC, or 0 for now"},
		"a taken attribute":  {newrelic.Event, `{"event_type": "e", "attributes": {"eventType": "x"}}`, "attributes.eventType: eventType cannot be an attribute of an event, which has a member of that name"},
		"a long attribute":   {newrelic.Event, `{"event_type": "e", "attributes": {"a": "` + strings.Repeat("x", 4097) + `"}}`, "attributes.a: must not be longer than 4096 characters"},
		"no name":            {newrelic.Metric, `{"name": " ", "value": 1}`, "name: must not be empty"},
		"no value":           {newrelic.Metric, `{"name": "m"}`, "value: is required"},
		"another type":       {newrelic.Metric, `{"name": "m", "value": 1, "type": "summary"}`, "type: must be one of gauge, count"},
		"a count of no time": {newrelic.Metric, `{"name": "m", "value": 1, "type": "count"}`, "interval: is needed for a count: how long was counted, in milliseconds"},
		"negative interval":  {newrelic.Metric, `{"name": "m", "value": 1, "interval": -1}`, "interval: must not be negative"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, config("http://127.0.0.1:1", ""), tt.action, tt.arguments)
			if len(r.Diagnostics) != 1 || r.Diagnostics[0].Path.String()+": "+r.Diagnostics[0].Summary != tt.want {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ config, want string }{
		"a name for a number":  {`{"account_id": "a/../b", "insert_key": "k"}`, "account_id: must be the number of an account"},
		"a key with a line":    {`{"account_id": "1", "insert_key": "k\n"}`, "insert_key: must be a key, without spaces or line ends around it"},
		"no address":           {`{"account_id": "1", "insert_key": "k", "events_url": "x"}`, "events_url: must be an address that begins with https:// or http://"},
		"an attribute":         {`{"account_id": "1", "insert_key": "k", "attributes": {"timestamp": "x"}}`, "attributes.timestamp: timestamp cannot be an attribute of an event, which has a member of that name"},
		"the key as header":    {`{"account_id": "1", "insert_key": "k", "headers": {"api-key": "x"}}`, "headers.api-key: Api-Key cannot be set here"},
		"a header of no name":  {`{"account_id": "1", "insert_key": "k", "headers": {"a b": "x"}}`, `headers.a b: "a b" is not the name of an HTTP header`},
		"a header of two rows": {`{"account_id": "1", "insert_key": "k", "headers": {"a": "x\ny"}}`, "headers.a: must be text without control characters"},
		"a short timeout":      {`{"account_id": "1", "insert_key": "k", "timeout": "0s"}`, "timeout: must be between 1s and 10m"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := sdktest.Serve(t, newrelic.Plugin()).Configure(t.Context(), tt.config)
			if err != nil || len(faults) != 1 || faults[0].Path.String()+": "+faults[0].Summary != tt.want {
				t.Errorf("got %v, %v", faults, err)
			}
		})
	}
}

func TestAsAProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "newrelic.exe") // Windows wants the ending, others do not mind
	build := exec.Command("go", "build", "-o", path, "./cmd")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		t.Fatal(err)
	}
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that its client leaves
		<-r.Context().Done()
	}))
	t.Cleanup(hang.Close)
	sdktest.Conformance(t, sdktest.Exec(t, path), sdktest.Calls{
		Config: config(hang.URL, `, "timeout": "2m"`),
		Slow:   sdktest.Call{Action: newrelic.Event, Arguments: `{"event_type": "e"}`},
	})
}
