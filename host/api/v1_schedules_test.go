package api

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/dispatch"
	"butlerd/host/schedule"
)

func TestSchedulesAreListed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ids := []string{"b", "a", "å/+ ?", "Z", "c"}
	for _, id := range ids {
		b.declare(append(b.declaredSoFar(), declared(id, `{}`))...)
	}
	slices.Sort(ids)
	var got []string
	path := "/api/v1/schedules?limit=2"
	for next := path; ; {
		page := get[schedulePage](t, b, next)
		for _, s := range page.Schedules {
			got = append(got, s.ID)
		}
		if page.NextCursor == nil {
			break
		}
		next = path + "&cursor=" + url.QueryEscape(*page.NextCursor)
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Errorf("schedules (-want +got):\n%s", diff)
	}
	if all := get[schedulePage](t, b, "/api/v1/schedules"); len(all.Schedules) != 5 || all.NextCursor != nil {
		t.Errorf("all on one page: %d, %v", len(all.Schedules), all.NextCursor)
	}
}

// declaredSoFar are the definitions in force.
func (b *bundle) declaredSoFar() []schedule.Definition {
	var list []schedule.Definition
	for _, s := range b.registry.List() {
		list = append(list, s.Definition)
	}
	return list
}

func TestScheduleSaysWhenItFires(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	d := declared("daily", `{"task_id":"x"}`)
	d.Timeout, d.Tags, d.Description = 90*time.Second, nil, "At night."
	d.Placement = &schedule.Placement{Labels: map[string]string{"zone": "a"}, Wait: time.Minute}
	b.declare(d)
	s := get[scheduleView](t, b, "/api/v1/schedules/daily")
	if len(s.Next) != 5 {
		t.Fatalf("next: %+v", s.Next)
	}
	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	for i, next := range s.Next {
		at, err := time.Parse(time.RFC3339, *next.UTC)
		if err != nil || at.Location() != time.UTC || at.Before(time.Now()) {
			t.Errorf("utc %d: %s", i, *next.UTC)
		}
		if want := at.In(zone).Format(time.RFC3339); next.Local != want || at.In(zone).Format("15:04:05") != "05:00:00" {
			t.Errorf("local %d: %s, not %s", i, next.Local, want)
		}
	}
	b.play(t, []scenario{
		{name: "and what it is", method: "GET", path: "/api/v1/schedules/daily", status: 200, says: []string{
			`"cron_text":"at 05:00 every day, Europe/Stockholm"`, `"state":"started"`, `"startup_state":"last"`, `"overlap":"skip"`, `"timeout_seconds":90`,
			`"tags":[]`, `"description":"At night."`, `"source":"file"`, `"origin":"config.hcl:12"`, `"version":1`, `"arguments":{"task_id":"x"}`,
		}},
		{name: "and nothing once it is stopped", method: "PUT", path: "/v4/schedules/daily/stop", status: 200},
		{name: "and nothing when it is stopped", method: "GET", path: "/api/v1/schedules/daily", status: 200, says: []string{`"next":[]`, `"state":"stopped"`, `"version":2`}},
		{name: "unless it is not there", method: "GET", path: "/api/v1/schedules/nobody", status: 404, says: []string{"urn:butlerd:problem:not-found"}},
		{name: "unless it cannot be", method: "GET", path: "/api/v1/schedules/%0a", status: 404},
	})
	made := b.create(newSchedule)
	b.play(t, []scenario{
		{name: "and that it was made over the API", method: "GET", path: "/api/v1/schedules/" + made.ID, status: 200, says: []string{`"source":"api"`, `"origin":null`, `"timeout_seconds":null`, `"overlap":"allow"`}},
	})
}

func TestTrigger(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a/b å", `{}`), declared("c", `{}`))
	path := "/api/v1/schedules/a%2Fb%20%C3%A5/run"
	first := b.send("POST", path, "", "Idempotency-Key: k 1")
	if first.Status != 202 || !strings.Contains(first.Body, `"schedule_id":"a/b å"`) || !strings.Contains(first.Body, `"idempotency_key":"k 1"`) {
		t.Fatalf("the first request: %d %s", first.Status, first.Body)
	}
	location := first.Header.Get("Location")
	b.play(t, []scenario{
		{name: "says where the run is", method: "GET", path: location, status: 200, says: []string{`"by":"api"`, `"trigger":"api"`}},
		{name: "with the same key gives the same run", method: "POST", path: path, header: []string{"Idempotency-Key: k 1"}, status: 200, says: []string{location[len("/api/v1/runs/"):]}, has: []string{"Location: " + location}},
		{name: "with the key for another schedule gives another", method: "POST", path: "/api/v1/schedules/c/run", header: []string{"Idempotency-Key: k 1"}, status: 202, hides: []string{location[len("/api/v1/runs/"):]}},
		{name: "without a key gives another", method: "POST", path: path, status: 202, says: []string{`"idempotency_key":null`}},
		{name: "with a key that is too long is refused", method: "POST", path: path, header: []string{"Idempotency-Key: " + strings.Repeat("k", 201)}, status: 400, says: []string{"Idempotency-Key must not be longer than 200"}},
		{name: "takes no members", method: "POST", path: path, body: `{"at":"noon"}`, status: 400},
		{name: "of a schedule that is not there is refused", method: "POST", path: "/api/v1/schedules/nobody/run", status: 404, says: []string{"urn:butlerd:problem:not-found"}},
		{name: "of a schedule that cannot be is refused", method: "POST", path: "/api/v1/schedules/%ff/run", status: 404},
	})
	if page := get[runPage](t, b, "/api/v1/runs"); len(page.Runs) != 3 {
		t.Errorf("%d runs, not 3", len(page.Runs))
	}
	b.runs.err = dispatch.ErrStopping
	b.play(t, []scenario{
		{name: "of a host that stops is for later", method: "POST", path: path, status: 503, says: []string{"urn:butlerd:problem:host-stopping"}, has: []string{"Retry-After: 5"}},
	})
}
