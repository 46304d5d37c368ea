package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/plugin"
	"butlerd/host/store"
)

// work is what plugins do for callers of the API.
type work struct{ *Host }

// Perform implements api.Work.
func (h work) Perform(ctx context.Context, a dispatch.Ask) (dispatch.Performed, error) {
	return h.dispatcher.Perform(ctx, a)
}

// Query implements api.Work. The plugin is the one of the set in force: one that a
// reload replaces meanwhile answers no more, and its caller asks again.
func (h work) Query(ctx context.Context, query string, arguments []byte) (json.RawMessage, error) {
	p := h.current().plugins.answering(query)
	if p == nil {
		return nil, fmt.Errorf("query %q: %w", query, dispatch.ErrNoAction)
	}
	leave, err := h.queries.enter(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", query, err)
	}
	defer leave()
	answer, err := p.Query(ctx, query, arguments)
	if errors.Is(err, plugin.ErrNoQuery) { // it was replaced by another build
		return nil, fmt.Errorf("%w: %w", dispatch.ErrNoAction, err)
	}
	return answer, err
}

// settings are those of the configuration in force.
func (h *Host) settings() config.API { return h.current().config.API }

// filteredAction is the action that start_task_filter is about.
const filteredAction = "qlik-sense-reload"

// permit says whether a schedule that was made over the API may start its task, by
// the start_task_filter in force now: who may not start a task over the API must not
// have a schedule do it.
func (h *Host) permit(s store.Schedule) error {
	return h.permitAction(s.Action.Type, s.Action.Arguments)
}

// permitAction is permit for an action that was asked for over the API. What cannot be
// read starts nothing in the plugin either.
func (h *Host) permitAction(action string, text []byte) error {
	if action != filteredAction {
		return nil
	}
	var arguments struct {
		TaskID string `json:"task_id"`
	}
	if err := json.Unmarshal(text, &arguments); err != nil {
		return fmt.Errorf("reading the task to be started: %w", err)
	}
	if !h.settings().StartTasks.Task(strings.TrimSpace(arguments.TaskID)) {
		return fmt.Errorf("start_task_filter does not allow task %.100q, and it was asked for over the API: list the task there, or declare the schedule in a file", arguments.TaskID)
	}
	return nil
}
