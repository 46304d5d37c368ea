package qrs

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Session is an execution that has not ended. Its result is that of the current
// attempt, without details.
type Session struct {
	ID                  uuid.UUID `json:"id"`
	User                string    `json:"user"` // who started it, as DIRECTORY\user
	Created             Date      `json:"createdDate"`
	Result              Result    `json:"executionResult"`
	ReloadTask          *Task     `json:"reloadTask"`
	ExternalProgramTask *Task     `json:"externalProgramTask"`
	UserSyncTask        *Task     `json:"userSyncTask"`
}

// Task is what is executing; nil when Qlik Sense does not say.
func (s *Session) Task() *Task {
	for _, task := range []*Task{s.ReloadTask, s.ExternalProgramTask, s.UserSyncTask} {
		if task != nil {
			return task
		}
	}
	return nil
}

// Session reads a session by its id; nil when it has ended, as Qlik Sense
// deletes it then.
func (c *Client) Session(ctx context.Context, id uuid.UUID) (*Session, error) {
	r := request{act: "reading execution session", method: http.MethodGet, path: "/executionsession/" + id.String(), limit: maxRow}
	got, err := c.ask(ctx, r)
	switch {
	case NotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	var s Session
	return &s, c.decode(r, got, &s)
}

// Executing are the open sessions of a task, and the time of the answer by the
// host's clock. Whatever of the task is seen later and began no earlier than that
// was started after it.
func (c *Client) Executing(ctx context.Context, task Task) ([]Session, time.Time, error) {
	property := "reloadTask.id" // distribute and preload tasks are of that kind too
	switch task.Type {
	case ExternalProgramTask:
		property = "externalProgramTask.id"
	case UserSyncTask:
		property = "userSyncTask.id"
	}
	return c.sessions(ctx, ID(property, task.ID))
}

// Reloading are the open sessions of an app, whichever task they are of.
func (c *Client) Reloading(ctx context.Context, app uuid.UUID) ([]Session, error) {
	sessions, _, err := c.sessions(ctx, ID("app.id", app))
	return sessions, err
}

func (c *Client) sessions(ctx context.Context, f Filter) ([]Session, time.Time, error) {
	var sessions []Session
	got, err := c.list(ctx, "reading execution sessions", "/executionsession/full", f, &sessions)
	return sessions, got.at, err
}
