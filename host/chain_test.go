package host_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/audit"
	"butlerd/host/explain"
	"butlerd/host/hosttest"
	"butlerd/sdk"
)

const chained = pluginBlock + `
schedule "first" {
  cron     = "*/10 * * * *"
  timezone = "UTC"
  on_success { start = "second" }
  action "echo" {
    text = "x"
  }
}

schedule "second" {
  timezone = "Europe/Stockholm"
  action "echo" {
    text = "x"
  }
}
`

// A schedule without a time of its own runs when another one starts it, and never
// otherwise; all that looks at schedules copes with it.
func TestASchedulesRunsMayBeStartedByOthersOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := hosttest.Start(t, chained, hosttest.Options{Plugins: map[string]func() sdk.Plugin{"tester": tester}, Quiet: true})
		time.Sleep(61 * time.Minute)
		var runs struct {
			Runs []struct {
				ScheduleID string  `json:"schedule_id"`
				State      string  `json:"state"`
				Trigger    string  `json:"trigger"`
				Parent     *string `json:"parent_run_id"`
			} `json:"runs"`
		}
		h.Get("/api/v1/runs?schedule=second", &runs)
		if len(runs.Runs) != 6 {
			t.Errorf("it ran %d times", len(runs.Runs))
		}
		for _, r := range runs.Runs {
			if r.State != "succeeded" || r.Trigger != "chain" || r.Parent == nil {
				t.Errorf("run = %+v", r)
			}
		}
		s := h.Do("GET", "/api/v1/schedules/second", "")
		for _, want := range []string{`"cron":""`, `"crons":[]`, `"cron_text":"never by itself"`, `"next":[]`, `"state":"started"`} {
			if !strings.Contains(s.Body, want) {
				t.Errorf("%s is not in %s", want, s.Body)
			}
		}
		var e explain.Explanation
		h.Get("/api/v1/schedules/second/explain", &e)
		if e.Verdict != explain.NoFiring || !strings.Contains(e.Summary, "never due by itself") {
			t.Errorf("%s: %s", e.Verdict, e.Summary)
		}
		var r audit.Report
		if h.Get("/api/v1/verify", &r); !r.OK {
			t.Errorf("findings %v", r.Findings)
		}
		switchTo(t, h, "second", "stop")
		switchTo(t, h, "second", "start")
		if h.Get("/api/v1/verify", &r); !r.OK {
			t.Errorf("findings %v", r.Findings)
		}
	})
}
