package host

import (
	"strings"
	"testing"

	"butlerd/host/config"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/taskfilter"
)

func TestAScheduleOfTheAPIStartsNoTaskThatTheFilterDoesNotAllow(t *testing.T) {
	t.Parallel()
	const allowed, other = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b", "e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e"
	h := &Host{loaded: &loaded{config: &config.Config{}}}
	of := func(action, arguments string) store.Schedule {
		return store.Schedule{Definition: schedule.Definition{Action: schedule.Action{Type: action, Arguments: []byte(arguments)}}}
	}
	if err := h.permit(of("qlik-sense-reload", `{"task_id":"`+other+`"}`)); err != nil {
		t.Errorf("without a filter: %v", err)
	}
	h.loaded.config.API.StartTasks = taskfilter.Filter{On: true, TaskIDs: map[string]bool{allowed: true}}
	for _, tt := range []struct {
		schedule store.Schedule
		want     string // empty: it is permitted
	}{
		{of("qlik-sense-reload", `{"task_id":"`+strings.ToUpper(allowed)+`"}`), ""},
		{of("qlik-sense-reload", `{"task_id":"`+other+`"}`), "start_task_filter does not allow task \"" + other},
		{of("qlik-sense-reload", `{}`), "start_task_filter"},
		{of("qlik-sense-reload", `[]`), "reading the task"},
		{of("echo", `{}`), ""},
	} {
		err := h.permit(tt.schedule)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.schedule.Action.Arguments, err, tt.want)
		}
	}
}
