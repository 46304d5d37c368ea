package host_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/hosttest"
	"butlerd/host/run"
	"butlerd/sdk"
)

// zones have between them changes of an hour, of half an hour, none, and one at
// midnight, on both sides of the equator.
var zones = []string{"Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana"}

// TestAYear lives through the year 2000, in which the clocks of these zones go
// forward and back, and compares the ledger with every instant there was.
func TestAYear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := hosttest.Start(t, yearConfig(), hosttest.Options{
			Plugins: map[string]func() sdk.Plugin{"tester": tester}, Quiet: true,
		})
		begun := time.Now()
		// Half past, so that nothing is due just as something is made or stopped.
		time.Sleep(45*24*time.Hour + 30*time.Minute)
		made := create(t, h, `{"name":"made in February","cronSchedule":"0 2 * * *","timezone":"Europe/Stockholm",
			"qlikSenseTaskId":"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b","startupState":"started","tags":[]}`)
		time.Sleep(100 * 24 * time.Hour)
		switchTo(t, h, made, "stop")
		time.Sleep(10 * 24 * time.Hour)
		switchTo(t, h, made, "start")
		time.Sleep(time.Until(begun.AddDate(1, 0, 0)))
		a, err := hosttest.Recompute(t.Context(), h.Ledger(), begun, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Missing) > 0 || len(a.Foreign) > 0 {
			t.Errorf("missing: %v\nforeign: %v", a.Missing, a.Foreign)
		}
		if a.Outcomes[run.Ran] != a.Instants || a.Instants < 3000 {
			t.Errorf("%d instants, outcomes %v: everything should have run", a.Instants, a.Outcomes)
		}
		t.Logf("%d instants in a year", a.Instants)
		var page struct {
			Runs []struct {
				State string `json:"state"`
				DueAt string `json:"due_at"`
			} `json:"runs"`
		}
		h.Get("/api/v1/runs?schedule=daily-0&limit=3", &page)
		if len(page.Runs) != 3 || page.Runs[0].State != "succeeded" {
			t.Errorf("the newest runs = %+v", page)
		}
	})
}

func yearConfig() string {
	var b strings.Builder
	b.WriteString(pluginBlock)
	b.WriteString("history {\n  keep = \"36500d\"\n}\n")
	for i, zone := range zones {
		for kind, cron := range map[string]string{"daily": "30 2 * * *", "midnight": "0 0 * * *"} {
			fmt.Fprintf(&b, "schedule \"%s-%d\" {\n  cron = %q\n  timezone = %q\n  action \"echo\" {\n    text = run.due_at\n  }\n}\n", kind, i, cron, zone)
		}
	}
	return b.String()
}

// create makes a schedule over the v4 API and returns its id.
func create(t *testing.T, h *hosttest.Host, body string) string {
	t.Helper()
	r := h.Do(http.MethodPost, "/v4/schedules", body)
	if r.Status != http.StatusCreated {
		t.Fatalf("POST /v4/schedules: %d %s", r.Status, r.Body)
	}
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(r.Body), &made); err != nil || made.ID == "" {
		t.Fatalf("POST /v4/schedules: %v in %s", err, r.Body)
	}
	return made.ID
}

// switchTo starts or stops a schedule over the v4 API.
func switchTo(t *testing.T, h *hosttest.Host, id, state string) {
	t.Helper()
	if r := h.Do(http.MethodPut, "/v4/schedules/"+id+"/"+state, ""); r.Status != http.StatusOK {
		t.Fatalf("PUT %s: %d %s", state, r.Status, r.Body)
	}
}
