package qrssim

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFiltersOverHTTP(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	tests := []struct {
		name, path string
		want       []string
	}{
		{"name in another case", filtered("/qrs/task/full", "Name eq 'RELOAD TASK OF APP3 ÅÄÖ'"), []string{"Reload task of App3 åäö"}},
		{"name with everything awkward", filtered("/qrs/task", `name eq 'Åsa\'s reload: 100 % & more, "C:\\data" #1'`), []string{`Åsa's reload: 100 % & more, "C:\data" #1`}},
		{"tag with an apostrophe", filtered("/qrs/task/full", `tags.name eq 'it\'s' and name sw 'reload'`), []string{"Reload task of App3 åäö"}},
		{"either tag", filtered("/qrs/reloadtask/full", "tags.name eq 'startTask2' or tags.name eq 'it\\'s' and name sw 'Å'") + "&orderby=name", []string{"Reload task of App2", `Åsa's reload: 100 % & more, "C:\data" #1`}},
		{"custom property", filtered("/qrs/task/full", "(customProperties.definition.name eq 'taskGroup') and (customProperties.value eq 'tasks2')"), []string{"Reload task of App2", "Reload task of App3 åäö"}},
		{"custom property met by two different ones", filtered("/qrs/task/full", "customProperties.definition.name eq 'Owner' and customProperties.value eq 'tasks2'"), []string{"Reload task of App3 åäö"}},
		{"id", filtered("/qrs/task", "id eq "+app4Task), []string{"Reload task of App4"}},
		{"id of another type", filtered("/qrs/reloadtask", "id eq "+externalTask), []string{}},
		{"type by name", filtered("/qrs/task", "taskType eq ExternalProgram"), []string{"Runs a program"}},
		{"property of one type only", filtered("/qrs/task", "app.name eq 'App1'"), []string{"Reload task of App1"}},
		{"status of the last result", filtered("/qrs/task", "operational.lastExecutionResult.status ne NeverStarted"), []string{}},
		{"enabled", filtered("/qrs/task", "enabled eq false"), []string{"Disabled"}},
		{"parameter names in another case", "/qrs/task?FILTER=enabled%20eq%20false", []string{"Disabled"}},
		{"plus for space", "/qrs/task?filter=enabled+eq+false", []string{"Disabled"}},
		{"nothing", filtered("/qrs/task", "name eq ''"), []string{}},
		{"order downwards", filtered("/qrs/task", "name sw 'Reload task of'") + "&orderby=name%20desc", []string{"Reload task of App4", "Reload task of App3 åäö", "Reload task of App2", "Reload task of App1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, bench{b.Simulator, t}.names(tt.path)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFiltersOverHTTPRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for path, want := range map[string]string{
		filtered("/qrs/task/full", "name eq 'it''s'"):           "Cannot parse the expression: name eq 'it''s'",
		filtered("/qrs/task", `name eq "x"`):                    `Cannot parse the expression: name eq "x"`,
		filtered("/qrs/reloadtask/count", "()"):                 "Invalid expression",
		filtered("/qrs/executionresult", "x eq 1"):              "Cannot parse the expression: x eq 1",
		"/qrs/task?orderby=x%20y%20z":                           "Cannot parse the expression: x y z",
		"/qrs/task?filter=name%20eq%20'A%20&%20B'":              "Missing parameter value(s)",
		"/qrs/task?filter=name%20eq%20%zz":                      "Missing parameter value(s)",
		"/qrs/task?filter=name%20eq%20'A&B='":                   "Cannot parse the expression: name eq 'A",
		filtered("/qrs/executionsession", "reloadTask.id eq x"): "Cannot parse the expression: reloadTask.id eq x",
	} {
		w := b.get(path)
		if w.Code != http.StatusBadRequest || w.Body.String() != want {
			t.Errorf("%s answered %d %s, want 400 %s", path, w.Code, w.Body, want)
		}
	}
}

func TestSessionFilters(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{ReloadTime: time.Hour})
	first, second := b.start(app1Task), b.start(app2Task)
	program := b.start(externalTask)
	for filter, want := range map[string][]string{
		"":                             {first, second, program},
		"reloadTask.id eq " + app2Task: {second},
		"reloadTask.id eq " + app3Task: {},
		"id eq " + first:               {first},
		"app.name eq 'App1'":           {first},
		"user eq 'internal\\\\sa_repository' and executionResult.status eq Triggered": {first, second, program},
		"externalProgramTask.id eq " + externalTask:                                   {program},
		"abortReason eq Manual": {},
		"abortReason eq Undefined and externalProgramTask.taskType eq 1": {program},
	} {
		got := []string{}
		for _, row := range decode[[]struct{ ID string }](t, b.get(filtered("/qrs/executionsession", filter))) {
			got = append(got, row.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sessions with %q (-want +got):\n%s", filter, diff)
		}
	}
}

func TestFiltersFindADateAsItWasRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		time.Sleep(1234567 * time.Nanosecond) // finer than QRS writes
		began := b.results(b.start(app1Task))[0].StartTime.Format(time.RFC3339Nano)
		for filter, want := range map[string]int{
			"startTime eq '" + began + "'":                 1,
			"startTime gt '" + began + "'":                 0,
			"stopTime eq '1753-01-01T00:00:00.000Z'":       1,
			"startTime ge '2000-01-01T00:00:00.000Z'":      1,
			"startTime lt '2000-01-01T00:00:00.001Z'":      0,
			"details.detailCreatedDate eq '" + began + "'": 1,
		} {
			if got := len(decode[[]any](t, b.get(filtered("/qrs/executionresult", filter)))); got != want {
				t.Errorf("%s finds %d, want %d", filter, got, want)
			}
		}
	})
}
