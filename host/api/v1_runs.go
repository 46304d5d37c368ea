package api

import (
	"encoding/json"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/run"
	"butlerd/host/store"
)

// runPage is one page of runs, newest first.
type runPage struct {
	Runs       []runView `json:"runs"`
	NextCursor *string   `json:"next_cursor"`
}

func (v v1) listRuns(c *fiber.Ctx) error {
	q := newQuery(c, "schedule", "state", "from", "to", "limit", "cursor")
	var behind runPlace
	q.cursor("cursor", &behind)
	wanted := store.RunQuery{
		ScheduleID: q.text("schedule"),
		States:     q.states(),
		From:       q.instant("from"),
		To:         q.instant("to"),
		Limit:      q.limit("limit", defaultPage),
		After:      store.RunCursor(behind),
	}
	if q.err != nil {
		return q.err
	}
	ctx, cancel := v.ask()
	defer cancel()
	page, err := v.opts.History.Runs(ctx, wanted)
	if err != nil {
		return err
	}
	views := make([]runView, len(page.Runs))
	for i, r := range page.Runs {
		views[i] = newRunView(r)
	}
	return reply(c, http.StatusOK, runPage{Runs: views, NextCursor: nextRun(page.Next)})
}

// runDetail is a run with all there is to know of it.
type runDetail struct {
	runView
	Attempts []attemptView   `json:"attempts"`
	Children []runView       `json:"children"` // the runs that its end has made
	Result   json.RawMessage `json:"result"`   // of the last attempt
	Log      logPage         `json:"log"`
}

func (v v1) getRun(c *fiber.Ctx) error {
	q := newQuery(c, "log_after", "log_limit")
	var behind logPlace
	q.cursor("log_after", &behind)
	limit := q.limit("log_limit", defaultLogPage)
	if q.err != nil {
		return q.err
	}
	r, attempts, err := v.findRun(c)
	if err != nil {
		return err
	}
	ctx, cancel := v.ask()
	defer cancel()
	log, err := v.log(ctx, r, behind, limit)
	if err != nil {
		return err
	}
	children, err := v.opts.History.Children(ctx, r.ID)
	if err != nil {
		return err
	}
	detail := runDetail{runView: newRunView(r), Attempts: make([]attemptView, len(attempts)), Children: make([]runView, len(children)), Log: log}
	for i, child := range children {
		detail.Children[i] = newRunView(child)
	}
	for i, a := range attempts {
		detail.Attempts[i] = newAttemptView(a)
		detail.Result = a.Result
	}
	return reply(c, http.StatusOK, detail)
}

// findRun is the run in the path.
func (v v1) findRun(c *fiber.Ctx) (run.Run, []run.Attempt, error) {
	id, ok := pathID(c)
	if !ok {
		return run.Run{}, nil, notFound("there is no run of this id")
	}
	ctx, cancel := v.ask()
	defer cancel()
	return v.opts.History.Run(ctx, id)
}

// cancel asks a run to end, wherever it is executed. It is answered with the run
// as it is then, which may still be open.
func (v v1) cancel(c *fiber.Ctx) error {
	if err := noMembers(c); err != nil {
		return err
	}
	r, _, err := v.findRun(c)
	if err != nil {
		return err
	}
	ctx, cancel := v.ask()
	defer cancel()
	if err := v.opts.Runs.Cancel(ctx, r.ID); err != nil {
		return err
	}
	if r, _, err = v.findRun(c); err != nil {
		return err
	}
	return reply(c, http.StatusAccepted, newRunView(r))
}
