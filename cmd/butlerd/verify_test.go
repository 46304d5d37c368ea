package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"butlerd/host/audit"
	"butlerd/host/explain"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

// auditFile is a configuration with a store in which an hourly schedule was missed
// twice, and once when it was not due if there is to be damage.
func auditFile(t *testing.T, damage bool) string {
	t.Helper()
	path, storePath := storeFile(t)
	st, err := sqlite.Open(t.Context(), sqlite.Options{Path: storePath})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	begin := time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)
	s := store.Schedule{Source: store.SourceAPI, Started: true, Definition: schedule.Definition{
		ID: "a b", Name: "hourly", Cron: "0 * * * *", Timezone: "Europe/Stockholm", Overlap: schedule.OverlapSkip, Startup: schedule.StartupStarted}}
	if _, err := st.Change(t.Context(), []store.Change{{Kind: store.Create, Schedule: s, At: begin, By: "api"}}); err != nil {
		t.Fatal(err)
	}
	dues := []time.Duration{time.Hour, 2 * time.Hour}
	if damage {
		dues = append(dues, 90*time.Minute)
	}
	for _, due := range dues {
		f := run.Firing{ScheduleID: "a b", DueAt: begin.Add(due), Outcome: run.Missed, Reason: run.ReasonHostDown, Version: 1, SettledAt: begin.Add(3 * time.Hour)}
		if _, err := st.Miss(t.Context(), []run.Firing{f}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.Join(t.Context(), store.Host{ID: "host-1", Name: "one"}); err != nil {
		t.Fatal(err)
	}
	if err := st.Settled(t.Context(), "host-1", begin.Add(2*time.Hour+30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestVerifyAStore(t *testing.T) {
	t.Parallel()
	sound := auditFile(t, false)
	r := runProgram(t, nil, "verify", "-config", sound)
	want := `checked    2026-03-27T00:00:00Z to 2026-03-27T02:30:00Z
schedules  1
owed       2
settled    2
outcomes   2 missed
reasons    2 host_down
runs       0
seals      none yet

Nothing missed, nothing doubled, nothing unexplained, nothing edited.
`
	if r.code != exitOK || r.stdout != want {
		t.Errorf("%d %s\n%s", r.code, r.stderr, r.stdout)
	}
	damaged := auditFile(t, true)
	r = runProgram(t, nil, "verify", "-config", damaged)
	if r.code != exitError || r.stderr != "" || !strings.Contains(r.stdout, "\nOff: 1 unexplained\nunexplained \"a b\" 2026-03-27T01:30:00Z") {
		t.Errorf("%d %s\n%s", r.code, r.stderr, r.stdout)
	}
	r = runProgram(t, nil, "verify", "-config", damaged, "-from", "2026-03-27T02:00:00Z", "-to", "2026-03-28", "-json")
	var report audit.Report
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || r.code != exitOK || !report.OK || report.Owed != 1 {
		t.Errorf("%d %s %v\n%s", r.code, r.stderr, err, r.stdout)
	}
}

func TestExplainFromAStore(t *testing.T) {
	t.Parallel()
	path := auditFile(t, false)
	for name, args := range map[string][]string{
		"the latest":       {"explain", "-config", path, "a b", "2026-03-27T02:00:00Z"},
		"one on the wall":  {"explain", "-config", path, "a b", "2026-03-27 03:00"},
		"in two arguments": {"explain", "a b", "2026-03-27", "03:00", "-config", path},
	} {
		r := runProgram(t, nil, args...)
		if r.code != exitOK || !strings.HasPrefix(r.stdout, "a b (hourly) at 2026-03-27T03:00:00+01:00, 2026-03-27 02:00:00 UTC\nIt was missed: no host was running when it was due.\n\nSchedule\n  version 1, made by api") {
			t.Errorf("%s: %d %s\n%s", name, r.code, r.stderr, r.stdout)
		}
	}
	if r := runProgram(t, nil, "explain", "-config", path, "c"); r.code != exitError || r.stderr != "butlerd: there never was a schedule \"c\"\n" {
		t.Errorf("%d %s", r.code, r.stderr)
	}
	r := runProgram(t, nil, "explain", "-json", "-config", path, "a b", "next")
	var e explain.Explanation
	if err := json.Unmarshal([]byte(r.stdout), &e); err != nil || e.Verdict != explain.Expected {
		t.Errorf("%d %s %v\n%s", r.code, r.stderr, err, r.stdout)
	}
}

// A host that runs is asked, unless a configuration is given.
func TestAuditAsksAHost(t *testing.T) {
	t.Parallel()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		if strings.HasSuffix(r.URL.Path, "verify") {
			fmt.Fprint(w, `{"ok":false,"found":2,"kinds":{"missing":2},"findings":[{"kind":"missing","schedule_id":"a","text":"it is gone"}]}`)
			return
		}
		fmt.Fprint(w, `{"schedule_id":"a/b","local":"2026-03-27T03:00:00+01:00","at":"2026-03-27T02:00:00Z","summary":"It ran.","sections":[{"title":"When","lines":["noon"]}]}`)
	}))
	t.Cleanup(server.Close)
	r := runProgram(t, map[string]string{addressVar: server.URL}, "verify", "-from", "2026-03-27")
	if r.code != exitError || !strings.Contains(r.stdout, "Off: 2 missing\nmissing \"a\": it is gone\nand 1 more\n") {
		t.Errorf("%d %s\n%s", r.code, r.stderr, r.stdout)
	}
	r = runProgram(t, nil, "explain", "-address", server.URL, "a/b", "2026-03-27 03:00")
	if want := "a/b at 2026-03-27T03:00:00+01:00, 2026-03-27 02:00:00 UTC\nIt ran.\n\nWhen\n  noon\n"; r.code != exitOK || r.stdout != want {
		t.Errorf("%d %s\n%s", r.code, r.stderr, r.stdout)
	}
	want := []string{"/api/v1/verify?from=2026-03-27T00%3A00%3A00Z", "/api/v1/schedules/a%2Fb/explain?at=2026-03-27+03%3A00"}
	if strings.Join(asked, "\n") != strings.Join(want, "\n") {
		t.Errorf("asked %q", asked)
	}
}
