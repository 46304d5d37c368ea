package api

import (
	"encoding/json"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// manifold is a schedule with all policies there are.
func manifold() schedule.Definition {
	d := declared("all", `{}`)
	from, to := noon, noon.AddDate(1, 0, 0)
	d.More = &schedule.More{
		Crons: []string{"0 6 * * *"}, At: []string{"2026-12-24T18:00:00"}, StartsAt: &from, EndsAt: &to, Jitter: 90 * time.Second,
		Calendars: []schedule.Calendar{{Name: "work", Weekdays: []string{"MON", "TUE"}}},
		Exclude:   []schedule.Calendar{{Name: "feast", Dates: []string{"12-25"}}}, Shift: schedule.ShiftNext,
	}
	d.Overlap, d.QueueLimit = schedule.OverlapQueue, 3
	d.CatchUp = &schedule.CatchUp{Mode: schedule.CatchUpAll, Within: 6 * time.Hour, Limit: 10}
	d.Retry = &schedule.Retry{Attempts: 3, Backoff: time.Minute, MaxBackoff: time.Hour, On: []schedule.RetryOn{"failed", "lost"}}
	d.OnLost, d.Pool, d.Priority, d.Expected = schedule.OnLostRetry, "qlik", 7, 5*time.Minute
	d.FollowUps = []schedule.FollowUp{
		{Name: "on_success", On: schedule.OnSuccess, Start: []string{"b"}},
		{Name: "ops.failures", On: schedule.OnFailures, After: 3, Action: &schedule.Action{Type: "mail", Arguments: json.RawMessage(`{"to":"x"}`)}},
	}
	return d
}

func TestScheduleShowsItsPolicies(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(manifold(), declared("plain", `{}`))
	b.play(t, []scenario{
		{name: "all there are", method: "GET", path: "/api/v1/schedules/all", status: 200, says: []string{
			`"crons":["0 5 * * *","0 6 * * *"]`, `"at":["2026-12-24T18:00:00"]`, `"starts_at":"2026-03-29T12:00:00Z"`, `"ends_at":"2027-03-29T12:00:00Z"`,
			`"jitter_seconds":90`, `"calendars":["work"]`, `"exclude":["feast"]`, `"shift":"next"`, `"overlap":"queue"`, `"queue_limit":3`,
			`"catch_up":{"mode":"all","within_seconds":21600,"limit":10}`,
			`"retry":{"attempts":3,"backoff_seconds":60,"max_backoff_seconds":3600,"on":["failed","lost"]}`,
			`"on_lost":"retry"`, `"pool":"qlik"`, `"priority":7`, `"expected_duration_seconds":300`,
			`"follow_ups":[{"name":"on_success","on":"success","after":null,"start":["b"],"action":null},`,
			`{"name":"ops.failures","on":"failures","after":3,"start":[],"action":{"type":"mail","arguments":{"to":"x"}}}]`,
		}},
		{name: "and null for each that it has not", method: "GET", path: "/api/v1/schedules/plain", status: 200, says: []string{
			`"crons":["0 5 * * *"]`, `"at":[]`, `"starts_at":null`, `"jitter_seconds":null`, `"calendars":[]`, `"shift":null`, `"queue_limit":null`,
			`"catch_up":null`, `"retry":null`, `"on_lost":"fail"`, `"pool":null`, `"priority":0`, `"expected_duration_seconds":null`, `"follow_ups":[]`,
		}},
	})
}

// addChild makes the run of a follow-up, which waits.
func (b *bundle) addChild(t *testing.T, parent run.Run) run.Run {
	t.Helper()
	child, _, err := b.store.Trigger(b.ctx(), store.Trigger{HostID: "host-1", Run: run.Run{
		ID: newRunID(), ScheduleID: "a", ScheduleName: "Nightly", Trigger: run.ByChain, ParentID: parent.ID, Step: "on_failure", IdempotencyKey: "k",
		DueAt: noon, CreatedAt: noon.Add(time.Hour), Action: "mail", Plugin: "mail",
	}, Policy: store.Policy{Pool: "qlik", Priority: 7, MaxWait: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	return child
}

func TestRunShowsWhatItFollowsAndWaitsFor(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	parent := b.addRun("a", 1)
	data := json.RawMessage(`{"session":"s-1"}`)
	if ok, err := b.store.Checkpoint(b.ctx(), store.Checkpoint{RunID: parent.ID, Number: 1, HostID: "host-1", Data: data}); err != nil || !ok {
		t.Fatal(ok, err)
	}
	ready := noon.Add(3 * time.Hour)
	b.end(parent, run.Lost, run.ReasonHostDied, func(e *store.AttemptEnd) { e.Again = &store.Again{ReadyAt: ready, Resume: true} })
	child := b.addChild(t, parent)
	b.play(t, []scenario{
		{name: "with when its next attempt may start", method: "GET", path: "/api/v1/runs/" + parent.ID, status: 200, says: []string{
			`"state":"waiting"`, `"ready_at":"2026-03-29T15:00:00Z"`, `"checkpoint":{"session":"s-1"}`, `"resumes":null`, `"children":[{"id":"` + child.ID + `"`}},
		{name: "with its step and pool", method: "GET", path: "/api/v1/runs/" + child.ID, status: 200, says: []string{
			`"step":"on_failure"`, `"parent_run_id":"` + parent.ID + `"`, `"pool":"qlik"`, `"priority":7`, `"wait_until":"2026-03-29T14:00:00Z"`, `"ready_at":null`, `"children":[]`}},
	})
	if _, err := b.store.Take(b.ctx(), store.Take{HostID: "host-1", Plugin: reloadAction, Limit: 1, At: ready}); err != nil {
		t.Fatal(err)
	}
	b.play(t, []scenario{{name: "with the attempt that is looked for", method: "GET", path: "/api/v1/runs/" + parent.ID, status: 200,
		says: []string{`"number":2`, `"resumes":1`}}})
}

func TestPluginsSayWhatCanBeResumed(t *testing.T) {
	t.Parallel()
	p := reloadPlugin()
	p.Description.Actions[0].Resumes = true
	b := setup(t, func(o *Options) { o.Plugins = func() []PluginInfo { return []PluginInfo{p} } })
	b.play(t, []scenario{{name: "of each action", method: "GET", path: "/api/v1/plugins", status: 200, says: []string{`"resumes":true`}}})
}
