package qrs

import (
	"context"
	"net/http"

	"github.com/google/uuid"
)

// TaskType is what a task does.
type TaskType int

// The types that differ for this package.
const (
	ReloadTask          TaskType = 0
	ExternalProgramTask TaskType = 1
	UserSyncTask        TaskType = 2
)

// Task is a task of any type.
type Task struct {
	ID         uuid.UUID       `json:"id"`
	Name       string          `json:"name"`
	Type       TaskType        `json:"taskType"`
	Enabled    bool            `json:"enabled"`
	App        *App            `json:"app"` // nil for types without one
	Properties []PropertyValue `json:"customProperties"`

	Operational struct {
		Last Result `json:"lastExecutionResult"` // without execution id; its id may be zero
	} `json:"operational"`
}

// PropertyValue is a value of a custom property.
type PropertyValue struct {
	Value      string `json:"value"`
	Definition struct {
		Name string `json:"name"`
	} `json:"definition"`
}

// Tasks are the tasks that a filter selects, in no order.
func (c *Client) Tasks(ctx context.Context, f Filter) ([]Task, error) {
	var tasks []Task
	_, err := c.list(ctx, "reading tasks", "/task/full", f, &tasks)
	return tasks, err
}

// list reads all rows that a filter selects.
func (c *Client) list(ctx context.Context, act, path string, f Filter, into any) (reply, error) {
	r := request{act: act, method: http.MethodGet, path: path, query: f.params(), limit: maxList}
	got, err := c.ask(ctx, r)
	if err != nil {
		return reply{}, err
	}
	return got, c.decode(r, got, into)
}
