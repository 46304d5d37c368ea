package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"butlerd/host/hosttest"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
	"butlerd/sdk"

	"github.com/google/go-cmp/cmp"
)

const reloadBlock = "plugin \"qlik-sense-reload\" {\n}\n"

// reloadHost is a host with a plugin that plays the action of the v4 API.
func reloadHost(t *testing.T, text string) *hosttest.Host {
	t.Helper()
	type task struct {
		TaskID string `hcl:"task_id"`
	}
	plugin := func() sdk.Plugin {
		return sdk.Plugin{Name: "qlik-sense-reload", Version: "1.0.0", Actions: []sdk.Action{
			sdk.NewAction("qlik-sense-reload", func(context.Context, *sdk.Run, task) (struct{}, error) { return struct{}{}, nil }),
		}}
	}
	return hosttest.Start(t, text, hosttest.Options{Plugins: map[string]func() sdk.Plugin{"qlik-sense-reload": plugin}, Quiet: true})
}

// addressOf is the address of a host whose API is in memory.
func addressOf(t *testing.T, h *hosttest.Host) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := h.Do(r.Method, r.URL.RequestURI(), "")
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, a.Body) // a caller that has gone does not matter
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// shownSchedules are the schedules as Butler's API shows them, by id.
func shownSchedules(h *hosttest.Host) []map[string]any {
	var list []map[string]any
	h.Get("/v4/schedules", &list)
	slices.SortFunc(list, func(a, b map[string]any) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
	return list
}

// TestExportRoundTrip makes schedules over the API, exports them, and gives the file to
// another host, which then shows the same, ids and times of making included.
func TestExportRoundTrip(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/awkward.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	h := reloadHost(t, reloadBlock+"schedule \"of a file\" {\n  cron = \"@daily\"\n  timezone = \"UTC\"\n  action \"qlik-sense-reload\" {\n    task_id = \"x\"\n  }\n}\n")
	made := 0
	for i, body := range list {
		sent := strings.Replace(string(body), `"startupState":"stopped"`, `"startupState":"`+[]string{"stopped", "started", "last"}[i%3]+`"`, 1)
		if a := h.Do(http.MethodPost, "/v4/schedules", sent); a.Status == http.StatusCreated {
			made++
		}
	}
	if made != 35 { // four have control characters in their names
		t.Fatalf("%d schedules were made", made)
	}
	want := slices.DeleteFunc(shownSchedules(h), func(s map[string]any) bool { return s["id"] == "of a file" })
	path := filepath.Join(t.TempDir(), "exported.hcl")
	if r := runProgram(t, nil, "export", "-address", addressOf(t, h), "-o", path); r.code != exitOK || r.stdout+r.stderr != "" {
		t.Fatalf("%+v", r)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again := reloadHost(t, reloadBlock+string(file))
	if diff := cmp.Diff(want, shownSchedules(again)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var page struct{ Schedules []map[string]any }
	again.Get("/api/v1/schedules?limit=100", &page)
	for _, s := range page.Schedules {
		if s["overlap"] != "allow" {
			t.Errorf("%s: overlap is %v", s["id"], s["overlap"])
		}
	}
	if r := runProgram(t, nil, "export", "-address", addressOf(t, h), "-all", "-o", path); r.code != exitError || !strings.Contains(r.stderr, "is there already") {
		t.Errorf("%+v", r)
	}
	if r := runProgram(t, nil, "export", "-address", addressOf(t, h), "-all"); !strings.Contains(r.stdout, `schedule "of a file"`) {
		t.Errorf("%+v", r)
	}
}

// TestExportOfStore exports what a store holds while no host works.
func TestExportOfStore(t *testing.T) {
	t.Parallel()
	configPath, path := storeFile(t)
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	d := schedule.Definition{
		ID: "a ${b}", Name: "n", Cron: "0 5 * * *", Timezone: "UTC", Startup: "started", Overlap: "allow", Pool: "p",
		More:      &schedule.More{Calendars: []schedule.Calendar{{Name: "c", Dates: []string{"12-24"}}}},
		Action:    schedule.Action{Type: "act", Arguments: []byte(`{"a":"(secret)"}`)},
		FollowUps: []schedule.FollowUp{{Name: "notify.ops.missed", On: "missed", Action: &schedule.Action{Type: "act"}}},
		Extra:     map[string]json.RawMessage{"owner": []byte(`1`)},
	}
	made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	_, err = db.Change(t.Context(), []store.Change{{Kind: store.Create, At: made, By: "api",
		Schedule: store.Schedule{Definition: d, Source: store.SourceAPI, CreatedAt: made}}})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := runProgram(t, nil, "export", "-config", configPath)
	if r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	for _, says := range []string{`id       = "a $${b}"`, `created  = "2026-01-02T03:04:05Z"`, `calendar = "c"`, `notify   = "ops"`, "# It is stopped now."} {
		if !strings.Contains(r.stdout, says) {
			t.Errorf("lacks %s:\n%s", says, r.stdout)
		}
	}
	for _, says := range []string{"left out: owner", "(secret)", `to be declared beside the schedules: calendar "c", notify "ops", pool "p"`} {
		if !strings.Contains(r.stderr, says) {
			t.Errorf("lacks %s:\n%s", says, r.stderr)
		}
	}
}
