package host_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/audit"
	"butlerd/host/explain"
	"butlerd/host/hosttest"
	"butlerd/host/run"
	"butlerd/sdk"
)

// A host that lives for a week, over a clock change, with schedules that come, stop
// and go, seals its days, and verifies.
func TestAWeekIsVerified(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2000, 3, 22, 0, 0, 30, 0, time.UTC)))
		h := hosttest.Start(t, yearConfig()+`
schedule "stuck" {
  cron     = "*/20 * * * *"
  timezone = "UTC"
  action "wait" {}
}
`, hosttest.Options{Plugins: map[string]func() sdk.Plugin{"tester": tester}, Quiet: true})
		time.Sleep(50 * time.Hour)
		made := create(t, h, `{"name":"made over the API","cronSchedule":"0 * * * *","timezone":"Europe/Stockholm",
			"qlikSenseTaskId":"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b","startupState":"started","tags":[]}`)
		time.Sleep(30*time.Hour + 10*time.Minute)
		switchTo(t, h, made, "stop")
		time.Sleep(30 * time.Hour)
		switchTo(t, h, made, "start")
		time.Sleep(60 * time.Hour)

		var r audit.Report
		h.Get("/api/v1/verify", &r)
		if !r.OK || r.Owed == 0 || r.Owed > r.Settled || r.Pending != 0 {
			t.Errorf("owed %d, settled %d, pending %d, found %v", r.Owed, r.Settled, r.Pending, r.Findings)
		}
		if r.Reasons[run.ReasonOverlap] < 400 || r.Outcomes[run.Ran] < 100 {
			t.Errorf("outcomes %v, reasons %v", r.Outcomes, r.Reasons)
		}
		if r.Seals.Count != 7 || r.Seals.Checked != 7 || *r.Seals.FirstDay != "2000-03-22" {
			t.Errorf("seals: %s", r.Seals)
		}

		var e explain.Explanation
		h.Get("/api/v1/schedules/stuck/explain", &e)
		if e.Verdict != explain.Skipped || len(e.Open) != 1 || !strings.Contains(e.Summary, "an earlier run") {
			t.Errorf("explanation: %+v", e)
		}
		h.Get("/api/v1/schedules/daily-0/explain?at=2000-03-26%2002:30", &e)
		if e.Verdict != explain.Ran || len(e.Runs) != 1 || e.Timing.Clock == nil {
			t.Errorf("explanation: %+v", e)
		}
	})
}
