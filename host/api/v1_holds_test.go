package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

// fakeHolds keeps holds in the store as a host does.
type fakeHolds struct{ *sqlite.DB }

// Hold implements Holds.
func (f fakeHolds) Hold(ctx context.Context, h store.Hold) (store.Hold, error) {
	h.Since = time.Now().UTC()
	return f.DB.Hold(ctx, h)
}

// Release implements Holds.
func (f fakeHolds) Release(ctx context.Context, id, by string) (store.Hold, error) {
	return f.DB.Release(ctx, id, time.Now().UTC(), by)
}

// askForHold makes a hold over the API.
func (b *bundle) askForHold(t *testing.T, body string) holdView {
	t.Helper()
	a := b.send("POST", "/api/v1/holds", body, asJSON)
	var h holdView
	if err := json.Unmarshal([]byte(a.Body), &h); err != nil || a.Status != 201 {
		t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
	return h
}

func TestHoldsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	const invalid = "urn:butlerd:problem:invalid-request"
	post := func(name, body string, status int, says ...string) scenario {
		return scenario{name: name, method: "POST", path: "/api/v1/holds", body: body, header: []string{asJSON}, status: status, says: says}
	}
	b.play(t, []scenario{
		post("without a scope", `{"reason":"x"}`, 400, invalid, "exactly one of"),
		post("with two scopes", `{"all":true,"tag":"t","reason":"x"}`, 400, invalid, "exactly one of"),
		post("with an empty scope", `{"tag":"","reason":"x"}`, 400, "exactly one of"),
		post("without a reason", `{"all":true}`, 400, invalid, `must say in 1 to 1000 bytes`),
		post("with a reason of spaces", `{"all":true,"reason":"  \n "}`, 400, `must say in 1 to 1000 bytes`),
		post("with a reason that is too long", `{"all":true,"reason":"`+strings.Repeat("x", 1001)+`"}`, 400, `must say in 1 to 1000 bytes`),
		post("with a reason that has a NUL", `{"all":true,"reason":"a\u0000b"}`, 400, `must say in 1 to 1000 bytes`),
		post("with an end that has passed", `{"all":true,"reason":"x","until":"2020-01-01T00:00:00Z"}`, 400, `must be later than now`),
		post("with an end that is no time", `{"all":true,"reason":"x","until":"tomorrow"}`, 400, invalid),
		post("of a schedule that is not there", `{"schedule_id":"b","reason":"x"}`, 404, "there is no schedule of this id"),
		post("with another word for what runs", `{"all":true,"reason":"x","running":"kill"}`, 400, `must be \"continue\" or \"drain\"`),
		post("with a member that it does not have", `{"all":true,"reason":"x","untli":"2099-01-01T00:00:00Z"}`, 400, `untli`),
		post("with a tag that is too long", `{"tag":"`+strings.Repeat("x", 201)+`","reason":"x"}`, 400, `\"tag\" must not be longer`),
		post("with a name that has a line break", `{"all":true,"reason":"x","by":"a\nb"}`, 400, `\"by\" must not contain control characters`),
		post("with more than one value", `{"all":true,"reason":"x"}{}`, 400, "more than one value"),
		post("without a body", ``, 400, invalid),
		post("that say nothing", `null`, 400, "exactly one of"),
		{name: "in another media type", method: "POST", path: "/api/v1/holds", body: "all=true", header: []string{"Content-Type: application/x-www-form-urlencoded"}, status: 415, says: []string{"unsupported-media-type"}},
		{name: "of a page of another origin", method: "POST", path: "/api/v1/holds", body: `{"all":true,"reason":"x"}`, header: []string{asJSON, "Sec-Fetch-Site: cross-site"}, status: 403, says: []string{"cross-origin"}},
		{name: "when they are to be ended and are not there", method: "DELETE", path: "/api/v1/holds/019c0000-0000-7000-8000-999999999999", status: 404, says: []string{"there is no hold of this id"}},
		{name: "when they are to be ended and cannot be", method: "DELETE", path: "/api/v1/holds/%00", status: 404, says: []string{"there is no hold of this id"}},
		{name: "when they are listed by what is no filter", method: "GET", path: "/api/v1/holds?tag=x", status: 400, says: []string{"unknown parameter"}},
		{name: "when they are listed since what is no time", method: "GET", path: "/api/v1/holds?since=yesterday", status: 400, says: []string{`parameter \"since\"`}},
		{name: "and leave nothing", method: "GET", path: "/api/v1/holds?since=2000-01-01T00:00:00Z", status: 200, says: []string{`{"holds":[]}`}},
	})
}

func TestHoldsAreMadeAndEnded(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	all := b.askForHold(t, `{"all":true,"reason":" the database moves ","until":"2099-01-01T02:00:00+01:00","running":"drain","by":"Eva"}`)
	if all.Reason != "the database moves" || all.By != "api: Eva" || *all.Until != "2099-01-01T01:00:00Z" || all.Running != "drain" || !all.InForce || all.Tag != nil {
		t.Errorf("hold = %+v", all)
	}
	one := b.askForHold(t, `{"schedule_id":"a","reason":"x"}`)
	if *one.ScheduleID != "a" || one.By != byAPI || one.Until != nil || one.Running != "continue" || one.All {
		t.Errorf("hold = %+v", one)
	}
	b.askForHold(t, `{"tag":"nobody has it","reason":"x"}`)
	list := func(query string) (n int) {
		t.Helper()
		return len(get[holdList](t, b, "/api/v1/holds"+query).Holds)
	}
	if n := list(""); n != 3 {
		t.Errorf("%d holds are in force", n)
	}
	path := "/api/v1/holds/" + all.ID
	b.play(t, []scenario{
		{name: "one that is released says so", method: "DELETE", path: path, status: 200, says: []string{`"released_by":"api"`, `"in_force":false`}},
		{name: "and again says the same", method: "DELETE", path: path, status: 200, says: []string{`"released_by":"api"`, `"in_force":false`}},
	})
	if n, ever := list(""), list("?since=2000-01-01T00:00:00Z"); n != 2 || ever != 3 {
		t.Errorf("%d holds are in force and %d ever were", n, ever)
	}
}

func TestHeldFiringsSayBecauseOfWhat(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	h := b.askForHold(t, `{"all":true,"reason":"x"}`)
	held := run.Firing{ScheduleID: "a", DueAt: noon, Outcome: run.Skipped, Reason: run.ReasonHeld, HoldID: h.ID, Version: 1, SettledAt: noon}
	if _, err := b.store.Miss(b.ctx(), []run.Firing{held}); err != nil {
		t.Fatal(err)
	}
	b.play(t, []scenario{{name: "by its id", method: "GET", path: "/api/v1/firings?schedule=a", status: 200,
		says: []string{`"reason":"held"`, `"hold_id":"` + h.ID + `"`}}})
}
