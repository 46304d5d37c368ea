package butler

import (
	"butlerd/host/finding"
	"butlerd/host/schedule"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"butlerd/host/config"
	"butlerd/sdk/schema"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is got to the golden files")

// convert makes a configuration of files in testdata.
func convert(t *testing.T, settings, schedules string) (text []byte, report finding.Report) {
	t.Helper()
	in := Input{ServerTimezone: "Europe/Stockholm"}
	var err error
	if settings != "" {
		if in.Settings, err = ReadSettings(settings, file(t, settings)); err != nil {
			t.Fatal(err)
		}
	}
	if in.Schedules, err = ReadSchedules(schedules, file(t, schedules)); err != nil {
		t.Fatal(err)
	}
	text, report, err = Convert(in)
	if err != nil {
		t.Fatal(err)
	}
	return text, report
}

// load loads what was made, as `butlerd validate` would.
func load(t *testing.T, text []byte) (*config.Config, []*config.Schedule) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.hcl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := config.Load(config.Options{Paths: []string{path}, Env: func(string) (string, bool) { return "secret", true }})
	if err := diags.Err(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	list, diags := c.Schedules(map[string]config.Action{"qlik-sense-reload": {Plugin: "qlik-sense-reload",
		Arguments: schema.Body{Attributes: []schema.Attribute{{Name: "task_id", Type: schema.String, Required: true}}}}})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return c, list
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(file(t, name)), string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

// Each case makes a configuration and a report, which are kept word for word.
func TestConvertGolden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, settings, schedules string }{
		{"production", "production.yaml", "schedules-two.yaml"},
		{"traps", "", "traps.yaml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, report := convert(t, tt.settings, tt.schedules)
			var out bytes.Buffer
			if err := report.WriteText(&out); err != nil {
				t.Fatal(err)
			}
			golden(t, tt.name+".hcl", text)
			golden(t, tt.name+".report", out.Bytes())
			load(t, text)
			if strings.Contains(string(text)+out.String(), "hunter2") {
				t.Error("a secret is written out")
			}
		})
	}
}

// TestConvertKeeps compares what is made of Butler's file with what Butler's own API
// said of it.
func TestConvertKeeps(t *testing.T) {
	t.Parallel()
	var list []recorded
	if err := json.Unmarshal(file(t, "schedules-39-awkward-names.list.json"), &list); err != nil {
		t.Fatal(err)
	}
	text, _ := convert(t, "", "schedules-39-awkward-names.yaml")
	_, schedules := load(t, text)
	if len(schedules) != len(list) {
		t.Fatalf("%d schedules, want %d", len(schedules), len(list))
	}
	for i, want := range list {
		want.Name = tidy(want.Name)
		want.LastKnownState = "" // in a comment
		if want.CronSchedule == "0 6 1 5 *" {
			want.CronSchedule = "0 6 1 6 *"
		}
		for j, tag := range want.Tags {
			want.Tags[j] = tidy(tag)
		}
		s := schedules[i].Definition
		var arguments struct {
			TaskID string `json:"task_id"`
		}
		if err := json.Unmarshal(s.Action.Arguments, &arguments); err != nil {
			t.Fatal(err)
		}
		got := recorded{ID: s.ID, Name: s.Name, CronSchedule: s.Cron, Timezone: s.Timezone, QlikSenseTaskID: arguments.TaskID,
			StartupState: string(s.Startup), Created: s.Created.Format("2006-01-02T15:04:05.000Z"), Tags: s.Tags}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d (-want +got)\n%s", i, diff)
		}
		if s.Overlap != "allow" {
			t.Errorf("overlap is %q", s.Overlap)
		}
	}
}

// What was started in Butler waits for the switch; what was stopped stays so.
func TestConvertForCutover(t *testing.T) {
	t.Parallel()
	schedules, err := ReadSchedules("schedules-two.yaml", file(t, "schedules-two.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text, _, err := Convert(Input{Schedules: schedules, ServerTimezone: "Europe/Stockholm", ForCutover: true})
	if err != nil {
		t.Fatal(err)
	}
	_, loaded := load(t, text)
	var got []schedule.Startup
	for _, s := range loaded {
		got = append(got, s.Definition.Startup)
	}
	if diff := cmp.Diff([]schedule.Startup{schedule.StartupLast, schedule.StartupStopped}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestConvertNeedsTheZoneOfTheServer(t *testing.T) {
	t.Parallel()
	if _, _, err := Convert(Input{}); !errors.Is(err, ErrNoTimezone) {
		t.Error(err)
	}
	if _, _, err := Convert(Input{ServerTimezone: "Local"}); err == nil {
		t.Error("takes the zone of this machine")
	}
}

func TestSettingsRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, says string }{
		"another file":     {"butlerSchedule: []\n", "no Butler in it"},
		"a list":           {"Butler: [a]\n", "p.yaml:1: "},
		"a text for flags": {"Butler:\n  scheduler:\n    enable: maybe\n", "p.yaml:3: scheduler.enable must be true or false"},
		"a port too large": {"Butler:\n  configQRS:\n    port: 70000\n", "p.yaml:3: configQRS.port must be a whole number"},
		"a text for list":  {"Butler:\n  fileDeleteApprovedDirectories: /a\n", "p.yaml:2: fileDeleteApprovedDirectories must be a list"},
		"a nested text":    {"Butler:\n  cert: a\n", "p.yaml:2: what holds clientCert must be a mapping"},
		"a key twice":      {"Butler:\n  a: 1\n  a: 2\n", "p.yaml:3: "},
	} {
		_, err := ReadSettings("p.yaml", []byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v; want %q", name, err, tt.says)
		}
	}
}

// Two ids that only differ in their normal form, and times that are none.
func TestConvertIDsAndTimes(t *testing.T) {
	t.Parallel()
	const more = ", name: a, cronSchedule: 0 6 * * *, qlikSenseTaskId: 0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b, startupState: started, created: "
	list, err := ReadSchedules("s.yaml", []byte("butlerSchedule:\n"+
		"  - {id: caf\u00e9"+more+"'2026-01-01T00:00:00Z'}\n  - {id: cafe\u0301"+more+"'0000-01-01T00:00:00Z'}\n"+
		"  - {id: cafe\u0301-2"+more+"'9999-12-31T23:59:59-01:00'}\n  - {id: b"+more+"yesterday}\n"))
	if err != nil {
		t.Fatal(err)
	}
	text, report, err := Convert(Input{Schedules: list, ServerTimezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	_, schedules := load(t, text)
	var ids []string
	for _, s := range schedules {
		ids = append(ids, s.Definition.ID)
		if (s.Definition.Created != nil) != (s.Definition.ID == "caf\u00e9") {
			t.Errorf("%q: created %v", s.Definition.ID, s.Definition.Created)
		}
	}
	// -2 is that of the third already.
	if diff := cmp.Diff([]string{"caf\u00e9", "caf\u00e9-3", "caf\u00e9-2", "b"}, ids); diff != "" {
		t.Error(diff)
	}
	counts := map[finding.Kind]int{}
	for _, f := range report {
		counts[f.Kind]++
	}
	if counts[finding.Changed] != 2 || counts[finding.Left] != 3 {
		t.Error(report)
	}
}
