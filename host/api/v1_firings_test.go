package api

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
)

func TestFiringsAreListed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	var missed []run.Firing
	for i := range 7 {
		missed = append(missed, run.Firing{
			ScheduleID: "a", DueAt: noon.Add(time.Duration(i) * time.Second), Outcome: run.Missed, Reason: run.ReasonHostDown, Version: 1, SettledAt: noon,
		})
	}
	if _, err := b.store.Miss(b.ctx(), missed); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		query string
		want  []string
	}{
		"in order of their due time":  {"limit=3", []string{"12:00:00", "12:00:01", "12:00:02", "12:00:03", "12:00:04", "12:00:05", "12:00:06"}},
		"with pages that end exactly": {"limit=7", []string{"12:00:00", "12:00:01", "12:00:02", "12:00:03", "12:00:04", "12:00:05", "12:00:06"}},
		"in an interval":              {"limit=2&from=2026-03-29T12:00:02Z&to=2026-03-29T12:00:05Z", []string{"12:00:02", "12:00:03", "12:00:04"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			path := "/api/v1/firings?schedule=a&" + tt.query
			for next := path; ; {
				page := get[firingPage](t, b, next)
				for _, f := range page.Firings {
					got = append(got, (*f.DueAt)[len("2026-03-29T"):len("2026-03-29T12:00:00")])
				}
				if page.NextCursor == nil {
					break
				}
				next = path + "&cursor=" + url.QueryEscape(*page.NextCursor)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("firings (-want +got):\n%s", diff)
			}
		})
	}
	b.play(t, []scenario{
		{name: "with why they did not run", method: "GET", path: "/api/v1/firings?schedule=a&limit=1", status: 200,
			says: []string{`"outcome":"missed"`, `"reason":"host_down"`, `"reason_text":"no host was running when it was due"`, `"run_id":null`, `"schedule_version":1`, `"due_at":"2026-03-29T12:00:00Z"`}},
		{name: "and none of a schedule that never was", method: "GET", path: "/api/v1/firings?schedule=b", status: 200, says: []string{`{"firings":[],"next_cursor":null}`}},
	})
}
