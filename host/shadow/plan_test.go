package shadow

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/schedule"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	with := func(arguments string) schedule.Definition {
		d := reload("a", "0 * * * *", "UTC", 1)
		d.Action.Arguments = []byte(arguments)
		return d
	}
	stopped, other, never := reload("a", "0 * * * *", "UTC", 1), with(`{}`), reload("a", "", "UTC", 1)
	stopped.Startup = schedule.StartupStopped
	other.Action.Type = "exec"
	tests := map[string]struct {
		declared schedule.Definition
		tasks    []string
		left     string
	}{
		"by id":               {with(`{"task_id": "0FE447A9-BA1F-44A9-AC23-68C3A1D88D8B"}`), []string{"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"}, ""},
		"by tag":              {with(`{"task_id": null, "tag": "x"}`), []string{taskID(1), taskID(2)}, ""},
		"by custom property":  {with(`{"custom_property": {"name": "a", "value": "b"}}`), []string{taskID(3)}, ""},
		"by a tag of no task": {with(`{"tag": "none"}`), nil, `no task has the tag "none"`},
		"that cannot be told": {with(`{"tag": "down"}`), nil, "connection refused"},
		"by name":             {with(`{"task_name": "x"}`), nil, "by name"},
		"of a secret":         {with(`{"task_id": "(secret)"}`), nil, "at run time"},
		"of another action":   {other, nil, "its action is exec"},
		"stopped":             {stopped, nil, "startup_state is stopped"},
		"without instants":    {never, nil, "no instants"},
	}
	find := func(s selection) ([]string, error) {
		switch s.Tag {
		case "x":
			return []string{taskID(1), taskID(2)}, nil
		case "none":
			return []string{}, nil
		case "down":
			return nil, errDown
		}
		return []string{taskID(3)}, nil
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := NewPlan([]schedule.Definition{tt.declared}, find)
			if tt.left != "" {
				if len(p.Schedules) > 0 || len(p.Left) != 1 || !strings.Contains(p.Left[0].Why, tt.left) {
					t.Errorf("got %+v", p)
				}
				return
			}
			if len(p.Left) > 0 {
				t.Fatalf("left: %+v", p.Left)
			}
			if diff := cmp.Diff(tt.tasks, p.Schedules[0].Tasks); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTasksOfTagsAreAskedOnceAndNoted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, dir)
	s := &site{tagged: []string{taskID(7)}}
	find := Asked(t.Context(), s, j)
	for range 2 {
		if ids, err := find(selection{Tag: "x"}); err != nil || fmt.Sprint(ids) != fmt.Sprint(s.tagged) || s.asked != 1 {
			t.Errorf("got %v, %v after %d questions", ids, err, s.asked)
		}
	}
	s.down = true
	if _, err := find(selection{Tag: "y"}); !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openJournal(t, dir)
	if ids, err := Asked(t.Context(), s, j)(selection{Tag: "x"}); err != nil || len(ids) != 1 {
		t.Errorf("while it does not answer: %v, %v", ids, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := Noted(h)(selection{Tag: "x"}); err != nil || len(ids) != 1 {
		t.Errorf("noted: %v, %v", ids, err)
	}
	if _, err := Noted(h)(selection{Tag: "y"}); err == nil {
		t.Error("what was not asked is noted")
	}
}

func TestFromButler(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		"0 */2 * * *":        "0 */2 * * *",
		"*/5 * * * * *":      "*/5 * * * * *",
		"0 0 1 0 *":          "0 0 1 1 *",
		"0 0 1 11 *":         "0 0 1 12 *",
		"0 0 1 0,6,11 *":     "0 0 1 1,7,12 *",
		"0 0 1 0-11 *":       "0 0 1 1-12 *",
		"0 0 1 3-5 1":        "0 0 1 4-6 1",
		"0 0 0 1 0-10/2 *":   "0 0 0 1 1,3,5,7,9,11 *",
		"0 0 1 JAN *":        "0 0 1 JAN *",
		"0 0 1 */3 *":        "0 0 1 */3 *",
		"  0  0 1   2 * ":    "0 0 1 3 *",
		"@daily":             "@daily",
		"0 0 1 9/2 *":        "0 0 1 10,12 *",
		"0 0 1 5-1 *":        "0 0 1 5-1 *",
		"this is no cron at": "this is no cron at",
	} {
		if got := FromButler(expr); got != want {
			t.Errorf("%q became %q, want %q", expr, got, want)
		}
	}
}
