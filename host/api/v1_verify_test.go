package api

import (
	"context"
	"testing"
	"time"

	"butlerd/host/audit"
	"butlerd/host/explain"
	"butlerd/host/run"
	"butlerd/host/store/sqlite"
)

// fakeAudit verifies and explains the ledger of a test, at an hour after noon.
type fakeAudit struct{ store *sqlite.DB }

func (f fakeAudit) Verify(ctx context.Context, from, to time.Time) (audit.Report, error) {
	return audit.Verify(ctx, f.store, audit.Options{From: from, To: to})
}

func (f fakeAudit) Explain(ctx context.Context, id, at string) (explain.Explanation, error) {
	return explain.Explain(ctx, f.store, explain.Query{ScheduleID: id, At: at})
}

func TestLedgerIsVerified(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	b.play(t, []scenario{
		{name: "and nothing is off", method: "GET", path: "/api/v1/verify", status: 200, says: []string{`"ok":true`, `"findings":[]`, `"kept_since":null`, `"seals":{"count":0,`}},
	})
	if _, err := b.store.Miss(b.ctx(), []run.Firing{{ScheduleID: "b", DueAt: noon, Outcome: run.Missed, Reason: run.ReasonHostDown, Version: 1, SettledAt: noon}}); err != nil {
		t.Fatal(err)
	}
	b.play(t, []scenario{
		{name: "and what is off is told", method: "GET", path: "/api/v1/verify", status: 200,
			says: []string{`"ok":false`, `"found":1`, `"unexplained":1`, `"kind":"unexplained","schedule_id":"b","due_at":"2026-03-29T12:00:00Z"`}},
		{name: "in an interval", method: "GET", path: "/api/v1/verify?from=2026-03-29T12:00:01Z&to=2026-03-30T00:00:00Z", status: 200, says: []string{`"ok":true`}},
		{name: "but not in an empty one", method: "GET", path: "/api/v1/verify?from=2026-03-30T00:00:00Z&to=2026-03-30T00:00:00Z", status: 400, says: []string{"from must be before to"}},
		{name: "nor in none", method: "GET", path: "/api/v1/verify?from=yesterday", status: 400, says: []string{"must be a time such as"}},
	})
}

func TestInstantsAreExplained(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a/b", `{}`))
	b.play(t, []scenario{
		{name: "the next one", method: "GET", path: "/api/v1/schedules/a%2Fb/explain?at=next", status: 200, says: []string{`"verdict":"expected"`, `"version":{"number":1,"started":true`, `"title":"When"`}},
		{name: "one that is none", method: "GET", path: "/api/v1/schedules/a%2Fb/explain?at=2001-01-01%2012:00", status: 200, says: []string{`"verdict":"none"`, `"version":null`, `"firing":null`, `"runs":[]`}},
		{name: "not what is no time", method: "GET", path: "/api/v1/schedules/a%2Fb/explain?at=soon", status: 400, says: []string{`not a time: write an instant such as`}},
		{name: "nor a schedule that never was", method: "GET", path: "/api/v1/schedules/c/explain", status: 404, says: []string{"there is no schedule of this id"}},
	})
}
