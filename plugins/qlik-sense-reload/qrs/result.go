package qrs

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Result is one attempt of an execution. Qlik Sense makes another for each retry
// of its own.
type Result struct {
	ID          uuid.UUID `json:"id"`
	ExecutionID uuid.UUID `json:"executionID"` // the session's; zero for old ones
	TaskID      uuid.UUID `json:"taskID"`      // zero inside a task or a session
	Status      Status    `json:"status"`
	StartTime   Date      `json:"startTime"`
	StopTime    Date      `json:"stopTime"`
	Duration    int64     `json:"duration"` // milliseconds; 0 until shortly after the end
	Node        string    `json:"executingNodeName"`
	LogFile     uuid.UUID `json:"fileReferenceID"` // zero without a script log
	Details     []Detail  `json:"details"`
}

// Detail is a line of a result's history.
type Detail struct {
	Type    DetailType `json:"detailsType"`
	Message string     `json:"message"`
	Created Date       `json:"detailCreatedDate"`
}

// DetailType is how bad a detail is.
type DetailType int

// The types.
const (
	ErrorDetail   DetailType = 0
	WarningDetail DetailType = 1
)

// Over reports whether the attempt has ended.
func (r *Result) Over() bool { return r.Status.Final() || !r.StopTime.IsZero() }

// Results are the results of a session, newest first.
func (c *Client) Results(ctx context.Context, session uuid.UUID) ([]Result, error) {
	return c.results(ctx, ID("executionID", session))
}

// ResultsSince are the results of a task that began at a time of the host's clock
// or later, newest first.
func (c *Client) ResultsSince(ctx context.Context, task uuid.UUID, t time.Time) ([]Result, error) {
	return c.results(ctx, ID("taskID", task).And(Since("startTime", t)))
}

// ResultsBetween are the results that began at a time of the host's clock or later,
// but before another, newest first.
func (c *Client) ResultsBetween(ctx context.Context, from, to time.Time) ([]Result, error) {
	return c.results(ctx, startedIn(from, to))
}

// CountBetween is how many results ResultsBetween would read. Some sites are said
// to send less rows than they have.
func (c *Client) CountBetween(ctx context.Context, from, to time.Time) (int, error) {
	r := request{
		act:    "counting execution results",
		method: http.MethodGet,
		path:   "/executionresult/count",
		query:  startedIn(from, to).params(),
		limit:  maxRow,
	}
	got, err := c.ask(ctx, r)
	if err != nil {
		return 0, err
	}
	var n count
	err = c.decode(r, got, &n)
	return n.n, err
}

func startedIn(from, to time.Time) Filter {
	return Since("startTime", from).And(Before("startTime", to))
}

func (c *Client) results(ctx context.Context, f Filter) ([]Result, error) {
	var results []Result
	if _, err := c.list(ctx, "reading execution results", "/executionresult/full", f, &results); err != nil {
		return nil, err
	}
	slices.SortStableFunc(results, func(a, b Result) int { return b.StartTime.Compare(a.StartTime.Time) })
	for _, r := range results { // QRS does not promise an order
		slices.SortStableFunc(r.Details, func(a, b Detail) int { return a.Created.Compare(b.Created.Time) })
	}
	return results, nil
}
