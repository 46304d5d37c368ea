package qrs

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"
)

// maxLog is how much of a script log is read, in bytes. Only its tail is kept.
const maxLog = 256 << 20

// ErrNoLog reports that there is no script log, or not yet.
var ErrNoLog = errors.New("there is no script log")

// ScriptLog reads the last n bytes of the script log of a reload task's result.
func (c *Client) ScriptLog(ctx context.Context, task uuid.UUID, r Result, n int) ([]byte, error) {
	ticket, err := c.ticket(ctx, task, r)
	if err != nil {
		return nil, noLog(err)
	}
	got, err := c.ask(ctx, request{
		act:    "reading script log",
		method: http.MethodGet,
		path:   "/download/reloadtask/" + ticket.String() + "/script.log", // any name will do
		limit:  maxLog,
		tail:   n,
	})
	return got.body, noLog(err)
}

// ticket gets what a script log is downloaded with, the older way first: newer
// sites have both, older ones do not know the other.
func (c *Client) ticket(ctx context.Context, task uuid.UUID, r Result) (uuid.UUID, error) {
	base := request{act: "finding script log", method: http.MethodGet, path: "/reloadtask/" + task.String(), limit: maxRow}
	byFile, byResult := base, base
	byFile.path += "/scriptlog"
	byFile.query = []string{"fileReferenceId=" + r.LogFile.String()}
	byResult.path += "/scriptlogfile"
	byResult.query = []string{"executionResultId=" + r.ID.String()}
	if r.LogFile != uuid.Nil {
		id, err := c.ticketBy(ctx, byFile)
		if err == nil || MayPass(err) {
			return id, err
		}
	}
	return c.ticketBy(ctx, byResult)
}

func (c *Client) ticketBy(ctx context.Context, r request) (uuid.UUID, error) {
	got, err := c.ask(ctx, r)
	if err != nil {
		return uuid.Nil, err
	}
	var v value
	err = c.decode(r, got, &v)
	return v.id, err
}

// noLog makes an answer that something is not there the one error for it.
func noLog(err error) error {
	if NotFound(err) {
		return ErrNoLog
	}
	return err
}
