package config

import (
	"strings"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/sdk/schema"

	"github.com/google/go-cmp/cmp"
)

// following has follow-ups of each kind.
const following = `
notify "ops" {
  after_failures = 3
  on_missed      = true

  action "greet" {
    text = "${run.schedule_id}: ${parent.state} ${parent.missed}"
  }
}

schedule "a" {
  for_each = toset(["x", "y"])

  cron     = "0 2 * * *"
  timezone = "Europe/Stockholm"
  notify   = "ops"

  on_failure {
    action "greet" {
      text     = "${each.key} failed: ${parent.error}"
      count    = parent.failures
      password = env("TOKEN")
      hosts    = [parent.id, parent.schedule_id, parent.schedule_name, parent.state, parent.reason, parent.summary, parent.due_at, parent.ended_at]
    }
    action "ping" {
    }
  }
  on_success {
    start = ["b"]
  }
  action "ping" {
  }
}

schedule "b" {
  cron     = "0 3 * * *"
  timezone = "UTC"

  action "ping" {
  }
}
`

var withToken = testOptions{Env: map[string]string{"TOKEN": "hunter2"}}

// parent is a run that failed.
func parent() *run.Parent {
	return &run.Parent{
		RunID: "p1", ScheduleID: "a.x", ScheduleName: "A", State: run.Failed, Reason: run.ReasonAction,
		Summary: "half done", Error: "disk full", Failures: 3, Missed: 2,
		DueAt:   time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC),
		EndedAt: time.Date(2026, 7, 1, 22, 31, 0, 0, time.UTC),
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	list := schedules(t, following, withToken)
	var got [][]string
	for _, s := range list {
		for _, step := range s.Steps() {
			got = append(got, []string{s.ID, step.Name, step.Rule, step.Plugin(), step.Action()})
		}
	}
	want := [][]string{
		{"a.x", "on_failure", "", "greeter", "greet"},
		{"a.x", "on_failure.2", "", "greeter", "ping"},
		{"a.x", "notify.ops.failures", "ops", "greeter", "greet"},
		{"a.x", "notify.ops.missed", "ops", "greeter", "greet"},
		{"a.y", "on_failure", "", "greeter", "greet"},
		{"a.y", "on_failure.2", "", "greeter", "ping"},
		{"a.y", "notify.ops.failures", "ops", "greeter", "greet"},
		{"a.y", "notify.ops.missed", "ops", "greeter", "greet"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStepsBind(t *testing.T) {
	t.Parallel()
	steps := schedules(t, following, withToken)[0].Steps()
	for _, tt := range []struct {
		name   string
		step   int
		parent *run.Parent
		member string
		want   any
	}{
		{"what is known of the parent", 0, parent(), "text", "x failed: disk full"},
		{"a number", 0, parent(), "count", 3.0},
		{"all facts", 0, parent(), "hosts", []any{"p1", "a.x", "A", "failed", "action", "half done", "2026-07-02T00:30:00+02:00", "2026-07-02T00:31:00+02:00"}},
		{"a secret", 0, parent(), "password", "hunter2"},
		{"missed firings, which have not ended", 0, &run.Parent{State: "missed", DueAt: parent().DueAt}, "hosts",
			[]any{"", "", "", "missed", "", "", "2026-07-02T00:30:00+02:00", ""}},
		{"no parent", 0, nil, "text", "x failed: "},
		{"the action of a rule", 3, parent(), "text", "a.x: failed 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := facts()
			f.ScheduleID, f.Parent = "a.x", tt.parent
			doc, err := steps[tt.step].Bind(f)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, membersOf(t, doc)[tt.member]); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestStepsKnowWhatNeedsNoFacts(t *testing.T) {
	t.Parallel()
	s := schedules(t, following, withToken)[0]
	known := membersOf(t, s.Steps()[0].Known())
	if _, there := known["text"]; there || known["password"] != "hunter2" || known["mode"] != "fast" {
		t.Errorf("%v", known)
	}
	for _, f := range s.FollowUps {
		if f.Action != nil && strings.Contains(string(f.Action.Arguments), "hunter2") {
			t.Errorf("%s shows the secret", f.Name)
		}
	}
}

func TestStepFails(t *testing.T) {
	t.Parallel()
	text := strings.Replace(following, "parent.failures", "parent.error", 1)
	_, err := schedules(t, text, withToken)[0].Steps()[0].Bind(run.Facts{Parent: parent()})
	if err == nil || !strings.Contains(err.Error(), `on_failure of schedule "a.x"`) || !strings.Contains(err.Error(), "config.hcl:21") {
		t.Error(err)
	}
}

func TestStepPlaces(t *testing.T) {
	t.Parallel()
	steps := schedules(t, following, withToken)[0].Steps()
	found := []schema.Diagnostic{{Severity: schema.Error, Summary: "x", Path: schema.Path{"text"}}}
	for i, line := range map[int]int{0: 20, 1: 25, 2: 7} {
		if got := steps[i].Place(found); got[0].Start.Line != line {
			t.Errorf("%s: line %d, want %d", steps[i].Name, got[0].Start.Line, line)
		}
	}
	if got := steps[1].At("Silent", "Detail."); got[0].Start.Line != 25 || got[0].Severity != schema.Error {
		t.Errorf("%+v", got)
	}
}
