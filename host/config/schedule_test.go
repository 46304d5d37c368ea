package config

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/sdk/schema"

	"github.com/google/go-cmp/cmp"
)

func facts() run.Facts {
	return run.Facts{
		RunID: "r1", ScheduleID: "nightly", ScheduleName: "nightly", Trigger: "firing", Attempt: 2,
		DueAt:     time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC),
		StartedAt: time.Date(2026, 7, 1, 22, 30, 1, 5, time.UTC),
	}
}

func membersOf(t *testing.T, doc []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(doc, &m); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return m
}

func TestBind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, arguments string
		member          string
		want            any
	}{
		{"a text with facts", `text = "${run.id} ${run.schedule_id} ${run.schedule_name} ${run.trigger}"`, "text", "r1 nightly nightly firing"},
		{"times in the zone of the schedule", `text = "${run.due_at} ${run.started_at}"`, "text", "2026-07-02T00:30:00+02:00 2026-07-02T00:30:01+02:00"},
		{"the local day", `text = formatdate("YYYY-MM-DD", run.due_at)`, "text", "2026-07-02"},
		{"a number", "text = \"x\"\ncount = run.attempt", "count", 2.0},
		{"a choice by attempt", `text = run.attempt > 1 ? "again" : "first"`, "text", "again"},
		{"dynamic blocks", "text = \"x\"\ndynamic \"step\" {\nfor_each = split(\"-\", run.due_at)\ncontent {\nname = step.value\n}\n}", "step",
			[]any{map[string]any{"name": "2026", "after": nil}, map[string]any{"name": "07", "after": nil}, map[string]any{"name": "02T00:30:00+02:00", "after": nil}}},
		{"no facts", `text = "plain"`, "text", "plain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := schedules(t, greeting(tt.arguments), testOptions{})[0]
			doc, err := s.Bind(facts())
			if err != nil {
				t.Fatal(err)
			}
			got := membersOf(t, doc)
			if diff := cmp.Diff(tt.want, got[tt.member]); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if names := len(testSchema().Attributes) + len(testSchema().Blocks); len(got) != names {
				t.Errorf("%d members, want all %d", len(got), names)
			}
		})
	}
}

func TestBindFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, arguments, want string }{
		{"on a value that does not fit", "text = \"x\"\ncount = run.id", "a number is required"},
		{"on a value outside the enum", "text = \"x\"\nmode = run.trigger", "must be one of"},
		{"without quoting a secret", "text = \"x\"\ncount = \"${env(\"TOKEN\")}${run.id}\"", "a number is required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := schedules(t, greeting(tt.arguments), testOptions{Env: map[string]string{"TOKEN": "hunter2"}})[0]
			doc, err := s.Bind(facts())
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "config.hcl:7") {
				t.Errorf("%s, %v", doc, err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Error("quotes the secret")
			}
		})
	}
}

// Not parallel: AllocsPerRun counts those of all goroutines.
func TestBindOfKnownArgumentsCostsNothing(t *testing.T) {
	s := schedules(t, greeting(`text = "${run.schedule_id}"`), testOptions{})[0]
	if n := testing.AllocsPerRun(10, func() { s.Bind(run.Facts{}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	s := schedules(t, greeting("text = run.id\nhosts = [\"a\", run.id]\npassword = \"secret\"\nstep {\nname = run.id\nafter = \"1s\"\n}"), testOptions{})[0]
	got := membersOf(t, s.Known())
	for _, absent := range []string{"text", "hosts"} {
		if v, ok := got[absent]; ok {
			t.Errorf("%s is there: %v", absent, v)
		}
	}
	if diff := cmp.Diff([]any{map[string]any{"after": "1s"}}, got["step"]); diff != "" {
		t.Errorf("step (-want +got)\n%s", diff)
	}
	if got["password"] != "secret" {
		t.Error("the plugin does not get the secret")
	}
}

func TestScheduleOrigin(t *testing.T) {
	t.Parallel()
	s := schedules(t, "\n\n"+greeting(`text = "x"`), testOptions{})[0]
	if !strings.HasSuffix(s.Origin(), "config.hcl:3") || s.Plugin() != "greeter" {
		t.Error(s.Origin(), s.Plugin())
	}
}

func TestScheduleAt(t *testing.T) {
	t.Parallel()
	s := schedules(t, greeting(`text = "x"`), testOptions{})[0]
	for attribute, line := range map[string]int{"": 1, "cron": 2, "timezone": 3, "id": 1, "action": 5} {
		got := s.At(attribute, "Id taken", "Detail.")
		if len(got) != 1 || got[0].Start.Line != line || got[0].Severity != schema.Error || got[0].Detail != "Detail." {
			t.Errorf("at %q: %+v", attribute, got)
		}
	}
}

func TestScheduleDurationsAndTags(t *testing.T) {
	t.Parallel()
	text := strings.Replace(greeting(`text = "x"`), "cron", "timeout = \"90s\"\n  tags = [\"å\"]\n  cron", 1)
	s := schedules(t, text, testOptions{})[0]
	if s.Timeout != 90*time.Second || !cmp.Equal(s.Tags, []string{"å"}) {
		t.Errorf("%+v", s.Definition)
	}
}

func TestHostTimezoneIsTheDefault(t *testing.T) {
	t.Parallel()
	text := "host {\n  timezone = \"Asia/Tokyo\"\n}\n" + strings.Replace(greeting(`text = "x"`), "timezone = \"Europe/Stockholm\"", "", 1)
	if s := schedules(t, text, testOptions{})[0]; s.Timezone != "Asia/Tokyo" {
		t.Error(s.Timezone)
	}
}

func TestPlaceInForEachAndDynamic(t *testing.T) {
	t.Parallel()
	text := strings.Replace(greeting("text = each.key\nhosts = [\n\"a\",\n\"b\",\n]\ndynamic \"step\" {\nfor_each = [\"x\", \"y\"]\ncontent {\nname = step.value\n}\n}"),
		"cron", "for_each = toset([\"k\"])\n  cron", 1)
	s := schedules(t, text, testOptions{})[0]
	for _, tt := range []struct {
		path schema.Path
		line int
	}{
		{schema.Path{"hosts", 1}, 10},
		{schema.Path{"hosts", 7}, 8},
		{schema.Path{"step", 1, "name"}, 15},
		{schema.Path{"step", 9}, 6},
		{schema.Path{0}, 6},
		{nil, 6},
	} {
		got := s.Place([]schema.Diagnostic{{Severity: schema.Error, Summary: "x", Path: tt.path}})
		if got[0].Start.Line != tt.line || got[0].Path != tt.path.String() || !strings.Contains(got[0].Context, `each.key = "k"`) {
			t.Errorf("%v: %+v", tt.path, got[0])
		}
	}
}

func TestSchedulesInJSONAreTheSame(t *testing.T) {
	t.Parallel()
	native := schedules(t, greeting("text = \"${run.id}\"\ntls {\nca = \"x\"\n}\nstep {\nname = \"1\"\n}\nstep {\nname = \"2\"\n}"), testOptions{})[0]
	dir := write(t, map[string]string{"a.hcl.json": `{"schedule": {"nightly": {"cron": "0 2 * * *", "timezone": "Europe/Stockholm", "action": {"greet":
		{"text": "${run.id}", "tls": {"ca": "x"}, "step": [{"name": "1"}, {"name": "2"}]}}}}}`})
	c, diags := Load(Options{Paths: []string{dir}})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	list, diags := c.Schedules(testActions())
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(native.Definition, list[0].Definition); diff != "" {
		t.Errorf("definition (-native +json)\n%s", diff)
	}
	want, _ := native.Bind(facts())
	got, err := list[0].Bind(facts())
	if diff := cmp.Diff(string(want), string(got)); err != nil || diff != "" {
		t.Errorf("arguments (-native +json)\n%s %v", diff, err)
	}
}

func TestPlaceInJSON(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.hcl.json": `{"plugin": {"greeter": {"config": {
		"text": "x",
		"hosts": ["a",
			"b"],
		"limits": {
			"k": 1},
		"tls": [{
			"ca": "x"}],
		"step": [{"name": "1"},
			{"name": "2",
			"after": "1s"}]
	}}}}`})
	c, diags := Load(Options{Paths: []string{dir}})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path schema.Path
		line int
	}{
		{schema.Path{"text"}, 2},
		{schema.Path{"hosts", 1}, 4},
		{schema.Path{"limits", "k"}, 6},
		{schema.Path{"tls", "ca"}, 8},
		{schema.Path{"step", 1, "after"}, 11},
		{schema.Path{"step", 0, "name"}, 9},
	} {
		got := c.Plugins[0].Place([]schema.Diagnostic{{Severity: schema.Error, Summary: "x", Path: tt.path}})
		if got[0].Start.Line != tt.line {
			t.Errorf("%v: line %d, want %d", tt.path, got[0].Start.Line, tt.line)
		}
	}
}
