package reload

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

// query asks one of the plugin's queries.
func (b *bench) query(typ, arguments string) *sdktest.Answer {
	b.t.Helper()
	return sdktest.Query(b.t, b.action(typ), arguments)
}

func (b *bench) action(typ string) sdk.Action {
	b.t.Helper()
	for i, name := range []string{tasksQuery, appsQuery, executionsQuery} {
		if name == typ {
			return b.plugin.queries()[i]
		}
	}
	b.t.Fatalf("there is no query %s", typ)
	return sdk.Action{}
}

// answered decodes an answer.
func answered[T any](t testing.TB, a *sdktest.Answer) (v T) {
	t.Helper()
	if a.Err != "" {
		t.Fatalf("no answer: %s %v", a.Err, a.Diagnostics)
	}
	if err := json.Unmarshal(a.Result, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// asked counts the requests that the site got.
func (b *bench) asked() int { return len(b.sim.Requests()) }

func butler(t testing.TB) *bench { return newBench(t, qrssim.Options{Seed: qrssim.ButlerSeed()}) }

func TestTasksAreFound(t *testing.T) {
	t.Parallel()
	b := butler(t)
	got := b.query(tasksQuery, `{
		"task_ids": ["7552D9FC-d1bb-4975-9a38-18357de531ea", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b", "7552d9fc-d1bb-4975-9a38-18357de531ea"],
		"tags": ["startTask1", "it's", "none", "startTask1"],
		"custom_properties": [{"name": "Owner", "value": "a b"}, {"name": "taskGroup", "value": "tasks2"}, {"name": "Owner", "value": "tasks2"}]
	}`)
	const app1 = `{"id":"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b","name":"Reload task of App1"}`
	const app2 = `{"id":"7552d9fc-d1bb-4975-9a38-18357de531ea","name":"Reload task of App2"}`
	const app3 = `{"id":"fb0f317d-da91-4b86-aafa-0174ae1e8c8f","name":"Reload task of App3 åäö"}`
	want := `{"by_id":[` + app2 + `,` + app1 + `],` +
		`"by_tag":[{"tag":"startTask1","tasks":[` + app1 + `,` + app2 + `]},{"tag":"it's","tasks":[` + app3 + `]},{"tag":"none","tasks":[]},{"tag":"startTask1","tasks":[` + app1 + `,` + app2 + `]}],` +
		`"by_custom_property":[{"name":"Owner","value":"a b","tasks":[` + app3 + `]},{"name":"taskGroup","value":"tasks2","tasks":[` + app2 + `,` + app3 + `]},{"name":"Owner","value":"tasks2","tasks":[]}]}`
	if diff := cmp.Diff(want, string(got.Result)); diff != "" {
		t.Error(got.Err, diff)
	}
	if b.asked() != 7 { // one for the ids, three tags, three properties
		t.Errorf("%d requests", b.asked())
	}
}

func TestNothingAskedForIsNothingFound(t *testing.T) {
	t.Parallel()
	b := butler(t)
	got := b.query(tasksQuery, `{}`)
	if want := `{"by_id":[],"by_tag":[],"by_custom_property":[]}`; string(got.Result) != want || b.asked() != 0 {
		t.Errorf("got %s %s with %d requests", got.Result, got.Err, b.asked())
	}
}

func TestTheMostThatMayBeAskedFor(t *testing.T) {
	t.Parallel()
	b := butler(t)
	args := map[string][]any{}
	for i := range maxAskedIDs {
		args["task_ids"] = append(args["task_ids"], fmt.Sprintf("aaaaaaaa-bbbb-4ccc-8ddd-%012d", i))
	}
	args["task_ids"][maxAskedIDs-1] = app1ID
	for i := range maxAskedTags {
		args["tags"] = append(args["tags"], fmt.Sprint("tag ", i))
		args["custom_properties"] = append(args["custom_properties"], CustomProperty{Name: "p", Value: fmt.Sprint(i)})
	}
	ask := func() *sdktest.Answer {
		doc := fmt.Sprintf(`{"task_ids": %s, "tags": %s, "custom_properties": %s}`,
			list(t, args["task_ids"]), list(t, args["tags"]), strings.ToLower(list(t, args["custom_properties"])))
		return b.query(tasksQuery, doc)
	}
	got := answered[TaskList](t, ask())
	if len(got.ByID) != 1 || len(got.ByTag) != maxAskedTags || len(got.ByCustomProperty) != maxAskedTags {
		t.Errorf("found %d, %d and %d", len(got.ByID), len(got.ByTag), len(got.ByCustomProperty))
	}
	if b.asked() != 17+2*maxAskedTags {
		t.Errorf("%d requests", b.asked())
	}
	for _, q := range b.sim.Requests() {
		if len(q.Query) > 1800 {
			t.Errorf("a query of %d characters", len(q.Query))
		}
	}
	for name := range args {
		args[name] = append(args[name], args[name][0])
	}
	refused := ask()
	if len(refused.Diagnostics) != 3 || !refused.Permanent {
		t.Errorf("one more is taken: %s, %v", refused.Err, refused.Diagnostics)
	}
}

func list(t testing.TB, values []any) string {
	t.Helper()
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestQueriesSayWhatIsWrongWithTheirArguments(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ query, arguments, want string }{
		"no id":            {tasksQuery, `{"task_ids": ["` + app1ID + `", "{7552d9fc}"]}`, "must be a GUID"},
		"an empty tag":     {tasksQuery, `{"tags": [""]}`, "must not be empty"},
		"a long tag":       {tasksQuery, `{"tags": ["` + strings.Repeat("x", 256) + `"]}`, "must not be longer than 255 characters"},
		"a nameless value": {tasksQuery, `{"custom_properties": [{"name": "", "value": "x"}]}`, "must not be empty"},
		"an argument more": {appsQuery, `{"x": 1}`, "x"},
		"no times":         {executionsQuery, `{"to": "2026-11-25T08:00:00Z"}`, "is required"},
		"no time":          {executionsQuery, `{"from": "yesterday", "to": "2026-11-25T08:00:00Z"}`, "must be a time with its zone"},
		"no zone":          {executionsQuery, `{"from": "2026-11-24T08:00:00", "to": "2026-11-25T08:00:00Z"}`, "must be a time with its zone"},
		"nothing between":  {executionsQuery, `{"from": "2026-11-25T08:00:00Z", "to": "2026-11-25T09:00:00+01:00"}`, "must be later than from"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := butler(t)
			got := b.query(tt.query, tt.arguments)
			if len(got.Diagnostics) != 1 || !got.Permanent || b.asked() != 0 {
				t.Fatalf("got %+v with %d requests", got, b.asked())
			}
			wantText(t, "diagnostic", fmt.Sprint(got.Diagnostics), tt.want)
		})
	}
}

func TestAppsAreListed(t *testing.T) {
	t.Parallel()
	got := butler(t).query(appsQuery, `{}`)
	want := `{"apps":[{"id":"00000000-0000-0000-0000-000000000009","name":"App1"},{"id":"00000000-0000-0000-0000-000000000010","name":"App2 åäö"}]}`
	if string(got.Result) != want {
		t.Errorf("got %s %s", got.Result, got.Err)
	}
	empty := newBench(t, qrssim.Options{Seed: &qrssim.Seed{}}).query(appsQuery, `{}`)
	if string(empty.Result) != `{"apps":[]}` {
		t.Errorf("got %s %s", empty.Result, empty.Err)
	}
}

// TestFaultsOfQueries: what Qlik Sense had against a query is told on a line, and
// whether asking again helps.
func TestFaultsOfQueries(t *testing.T) {
	t.Parallel()
	status := func(n int) qrssim.Fault { return qrssim.Fault{Kind: qrssim.FaultStatus, Status: n, Body: "no\r\nway"} }
	faults := map[string]struct {
		fault     qrssim.Fault
		permanent bool
		text      string
	}{
		"an error":          {status(500), false, `it answered 500, it is in trouble itself: "no way"`},
		"unavailable":       {status(503), false, "it answered 503"},
		"too many requests": {status(429), false, "it has too many requests to do"},
		"denied":            {status(403), true, "it answered 403, it does not let the user do this"},
		"no user":           {status(401), true, "it answered 401, it does not know the user"},
		"not there":         {status(404), true, "it answered 404, it does not have this"},
		"a page":            {qrssim.Fault{Kind: qrssim.FaultHTML}, false, "a web page instead of data"},
		"a login":           {qrssim.Fault{Kind: qrssim.FaultRedirect}, false, "it wants somebody to log in"},
		"dropped":           {qrssim.Fault{Kind: qrssim.FaultDropBefore}, false, "the connection ended before the answer"},
		"too slow":          {qrssim.Fault{Kind: qrssim.FaultSlow, Delay: time.Minute}, false, "no answer within 30s"},
	}
	queries := map[string]string{
		tasksQuery:      `{"task_ids": ["` + app1ID + `"], "tags": ["startTask1"], "custom_properties": [{"name": "Owner", "value": "x"}]}`,
		appsQuery:       `{}`,
		executionsQuery: `{"from": "1999-12-31T00:00:00Z", "to": "2000-02-01T00:00:00Z"}`,
	}
	for name, tt := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for query, arguments := range queries {
					b := butler(t)
					fault := tt.fault
					fault.Times = -1
					b.inject(fault)
					got := b.query(query, arguments)
					if got.Result != nil || got.Permanent != tt.permanent || strings.ContainsAny(got.Err, "\r\n") {
						t.Errorf("%s: got %+v", query, got)
					}
					wantText(t, query, got.Err, "at sense.example.com:4242: ", tt.text)
				}
			})
		})
	}
}

func TestOneRequestThatFailsFailsTheQuery(t *testing.T) {
	t.Parallel()
	b := butler(t)
	b.inject(qrssim.Fault{Kind: qrssim.FaultStatus, Status: 500, Method: "GET", Path: "/qrs/task/full"})
	got := b.query(tasksQuery, `{"task_ids": ["`+app1ID+`"], "tags": ["startTask1", "startTask2"]}`)
	wantText(t, "error", got.Err, "it answered 500")
}
