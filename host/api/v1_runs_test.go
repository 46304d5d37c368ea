package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/dispatch"
	"butlerd/host/run"
	"butlerd/host/store"
)

// pages walks a list of runs to its end.
func pages(t *testing.T, b *bundle, path string) (all []string) {
	t.Helper()
	next := path
	for {
		page := get[runPage](t, b, next)
		for _, r := range page.Runs {
			all = append(all, r.ID[len(r.ID)-2:])
		}
		if page.NextCursor == nil {
			return all
		}
		if len(all) > 1000 {
			t.Fatal("the list has no end")
		}
		next = path + "&cursor=" + url.QueryEscape(*page.NextCursor)
	}
}

func TestRunsAreListed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`), declared("b å", `{}`))
	for i := range 12 {
		r := b.addRun([]string{"a", "b å"}[i%2], i)
		switch i % 3 {
		case 0:
			b.end(r, run.Succeeded, run.None, nil)
		case 1:
			b.end(r, run.Failed, run.ReasonAction, nil)
		}
	}
	tests := map[string]struct {
		query string
		want  []string
	}{
		"newest first":                    {"limit=1000", []string{"11", "10", "09", "08", "07", "06", "05", "04", "03", "02", "01", "00"}},
		"page by page":                    {"limit=5", []string{"11", "10", "09", "08", "07", "06", "05", "04", "03", "02", "01", "00"}},
		"with pages that end exactly":     {"limit=6", []string{"11", "10", "09", "08", "07", "06", "05", "04", "03", "02", "01", "00"}},
		"of one schedule":                 {"limit=4&schedule=b+%C3%A5", []string{"11", "09", "07", "05", "03", "01"}},
		"in one state":                    {"limit=3&state=failed", []string{"10", "07", "04", "01"}},
		"in any of several states":        {"limit=3&state=failed&state=running&schedule=a", []string{"10", "08", "04", "02"}},
		"from an instant on":              {"limit=2&from=2026-03-29T12:09:00Z", []string{"11", "10", "09"}},
		"before an instant":               {"limit=2&to=2026-03-29T12:03:00Z", []string{"02", "01", "00"}},
		"between instants of other zones": {"limit=2&from=2026-03-29T14:03:00%2B02:00&to=2026-03-29T07:06:00-05:00", []string{"05", "04", "03"}},
		"and none of no schedule":         {"limit=2&schedule=c", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, pages(t, b, "/api/v1/runs?"+tt.query)); diff != "" {
				t.Errorf("runs (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("fifty at a time", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.declare(declared("x", `{}`))
		for i := range 51 {
			b.addRun("x", i)
		}
		if page := get[runPage](t, b, "/api/v1/runs"); len(page.Runs) != 50 || page.NextCursor == nil {
			t.Errorf("%d runs, cursor %v", len(page.Runs), page.NextCursor)
		}
	})
}

func TestRunHasAllMembers(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	open := b.addRun("a", 1)
	failed := b.addRun("a", 2)
	b.end(failed, run.Failed, run.ReasonAction, func(e *store.AttemptEnd) {
		e.Summary, e.Error, e.Result = "App1 failed", "no data", json.RawMessage(`{"tasks":[1]}`)
		e.LogLines, e.LogBytes, e.Dropped = 7, 70, 3
	})
	b.play(t, []scenario{
		{name: "while it is open", method: "GET", path: "/api/v1/runs/" + open.ID, status: 200,
			says: []string{`"state":"running"`, `"started_at":"2026-03-29T12:01:00Z"`, `"ended_at":null`, `"duration_ms":null`, `"reason":null`, `"result":null`, `"by":"api"`, `"idempotency_key":null`}},
		{name: "when it has ended", method: "GET", path: "/api/v1/runs/" + failed.ID, status: 200,
			says: []string{`"state":"failed"`, `"duration_ms":2500`, `"reason":"action"`, `"reason_text":"the action reported a failure"`, `"summary":"App1 failed"`,
				`"error":"no data"`, `"result":{"tasks":[1]}`, `"attempt_count":1`, `"log_lines":7`, `"log_bytes":70`, `"log_dropped":3`, `"host_id":"host-1"`}},
		{name: "with the result of its last attempt", method: "GET", path: "/api/v1/runs/" + failed.ID, status: 200, says: []string{`}],"children":[],"result":{"tasks":[1]},"log":`}},
		{name: "or is not there", method: "GET", path: "/api/v1/runs/019c0000-0000-7000-8000-999999999999", status: 404, says: []string{"urn:butlerd:problem:not-found"}},
		{name: "or cannot be", method: "GET", path: "/api/v1/runs/%00", status: 404, says: []string{"urn:butlerd:problem:not-found"}},
	})
}

func TestLogIsPaged(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	r := b.addRun("a", 1)
	b.say(r, 1, 5)
	seen := []string{}
	read := func(path, parameter string, cursor *string) *string {
		t.Helper()
		if cursor != nil {
			path += "&" + parameter + "=" + *cursor
		}
		var page logPage
		if strings.Contains(path, "/log?") {
			page = get[logPage](t, b, path)
		} else {
			page = get[runDetail](t, b, path).Log
		}
		for _, e := range page.Entries {
			seen = append(seen, strings.TrimPrefix(e.Text, "line "))
		}
		return page.NextCursor
	}
	of := "/api/v1/runs/" + r.ID
	cursor := read(of+"/log?limit=3", "cursor", nil)
	cursor = read(of+"?log_limit=3", "log_after", cursor)
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5"}, seen); diff != "" {
		t.Fatalf("entries (-want +got):\n%s", diff)
	}
	if cursor = read(of+"/log?limit=3", "cursor", cursor); cursor == nil || len(seen) != 5 {
		t.Fatalf("an open run has more to say: cursor %v, entries %v", cursor, seen)
	}
	b.say(r, 6, 6)
	b.end(r, run.Succeeded, run.None, nil)
	if cursor = read(of+"/log?limit=3", "cursor", cursor); cursor != nil || len(seen) != 6 {
		t.Errorf("the log of an ended run has an end: cursor %v, entries %v", cursor, seen)
	}
	if first := get[runDetail](t, b, of).Log.Entries; len(first) != 6 || first[0].Attempt != 1 || first[0].Seq != 1 || string(first[0].Attributes) != `{"n":1}` {
		t.Errorf("the beginning of the log: %+v", first)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	r := b.addRun("a", 1)
	path := "/api/v1/runs/" + r.ID + "/cancel"
	b.play(t, []scenario{
		{name: "asks the dispatcher", method: "POST", path: path, status: 202, says: []string{`"id":"` + r.ID + `"`, `"state":"running"`}},
		{name: "takes an empty object", method: "POST", path: path, body: "{}", header: []string{asJSON}, status: 202},
		{name: "takes no members", method: "POST", path: path, body: `{"force":true}`, header: []string{asJSON}, status: 400, says: []string{`unknown field \"force\"`}},
		{name: "takes no second value", method: "POST", path: path, body: `{}{}`, header: []string{asJSON}, status: 400, says: []string{"more than one value"}},
		{name: "takes no other type", method: "POST", path: path, body: `{}`, header: []string{"Content-Type: text/plain"}, status: 415, says: []string{"urn:butlerd:problem:unsupported-media-type"}},
		{name: "of a run that is not there is refused", method: "POST", path: "/api/v1/runs/nobody/cancel", status: 404},
	})
	if want := []string{r.ID, r.ID}; !slices.Equal(b.runs.cancelled, want) {
		t.Errorf("cancelled %v, not %v", b.runs.cancelled, want)
	}
	b.runs.err = dispatch.ErrNotOpen
	b.play(t, []scenario{
		{name: "of a run that has ended is refused", method: "POST", path: path, status: 409, says: []string{"urn:butlerd:problem:run-not-open"}},
	})
}

func TestWrongParameters(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	tests := map[string]struct{ path, says string }{
		"a misspelt filter":            {"/api/v1/runs?shedule=a", `unknown parameter \"shedule\"`},
		"a limit of none":              {"/api/v1/runs?limit=0", `\"limit\" must be 1 to 1000`},
		"a limit beyond the most":      {"/api/v1/runs?limit=1001", `\"limit\" must be 1 to 1000`},
		"a limit that is no number":    {"/api/v1/schedules?limit=ten", `\"limit\" must be 1 to 1000`},
		"a limit that stands twice":    {"/api/v1/runs?limit=1&limit=2", `\"limit\" stands more than once`},
		"an unknown state":             {"/api/v1/runs?state=done", `\"state\" must be one of`},
		"an empty state":               {"/api/v1/runs?state=", `\"state\" must be one of`},
		"a day as an instant":          {"/api/v1/runs?from=2026-03-29", `\"from\" must be a time`},
		"a plus that became a blank":   {"/api/v1/runs?to=2026-03-29T12:00:00+02:00", "sent as %2B"},
		"a cursor that is none":        {"/api/v1/runs?cursor=!", `\"cursor\" must be a cursor`},
		"an empty cursor":              {"/api/v1/runs?cursor=", `\"cursor\" must be a cursor`},
		"a cursor of another list":     {"/api/v1/runs?cursor=" + *cursorOf(logPlace{Attempt: 1}), `\"cursor\" must be a cursor`},
		"a cursor that is too long":    {"/api/v1/runs?cursor=" + strings.Repeat("e", 5000), `\"cursor\" must be a cursor`},
		"a control character":          {"/api/v1/runs?schedule=%0a", `\"schedule\" must not contain control characters`},
		"bytes that are no UTF-8":      {"/api/v1/runs?schedule=%ff", `\"schedule\" must be UTF-8`},
		"firings of nobody":            {"/api/v1/firings", `\"schedule\" is missing`},
		"a filter of a single object":  {"/api/v1/schedules/a?limit=1", "unknown parameter"},
		"a filter of the plugins":      {"/api/v1/plugins?name=a", "unknown parameter"},
		"a log's limit out of bounds":  {"/api/v1/runs/a/log?limit=-1", `\"limit\" must be 1 to 1000`},
		"a log's cursor out of bounds": {"/api/v1/runs/a?log_after=x", `\"log_after\" must be a cursor`},
	}
	for name, tt := range tests {
		t.Run(name+" is refused", func(t *testing.T) {
			t.Parallel()
			a := b.send("GET", tt.path, "")
			if a.Status != 400 || !strings.Contains(a.Body, tt.says) || !strings.Contains(a.Body, "urn:butlerd:problem:invalid-request") {
				t.Errorf("%d %s, not 400 with %s", a.Status, a.Body, tt.says)
			}
		})
	}
}

func TestCursorsHoldTheLongestIDs(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("\U0001F600", maxName)
	q := &query{values: map[string][]string{"cursor": {*cursorOf(schedulePlace{ID: id})}}}
	var place schedulePlace
	if !q.cursor("cursor", &place) || q.err != nil || place.ID != id {
		t.Error(q.err, fmt.Sprintf("%.20q", place.ID))
	}
}
