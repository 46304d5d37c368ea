package reload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

const (
	// resultLimit is how long the result of a session that has ended may be
	// missing.
	resultLimit = 2 * time.Minute

	// Qlik Sense fills in duration and last detail a moment after the end.
	settleLimit = 2 * time.Second
	settleEvery = 500 * time.Millisecond
)

// errNoResult means that Qlik Sense has forgotten an execution.
var errNoResult = errors.New("no result of the execution is there in Qlik Sense, though its session has ended")

// follow looks at an execution until it has ended, and gives its last result. An
// error, if it is not because of the context, means that its end is not known.
func (j *job) follow(ctx context.Context, session uuid.UUID) (qrs.Result, error) {
	began := time.Now()
	var endedAt time.Time // when the session was first seen to be gone
	for {
		if err := sleep(ctx, j.args.interval(time.Since(began))); err != nil {
			return qrs.Result{}, err
		}
		open, err := j.observe(ctx, session)
		if err != nil {
			return qrs.Result{}, err
		}
		if open {
			endedAt = time.Time{}
			continue
		}
		result, err := j.newest(ctx, session)
		switch {
		case err != nil:
			return qrs.Result{}, err
		case result != nil && result.Over():
			return j.settle(ctx, session, *result), nil
		case endedAt.IsZero():
			endedAt = time.Now()
		case time.Since(endedAt) >= resultLimit:
			return qrs.Result{}, errNoResult
		}
	}
}

// observe reports whether the session is open, and notes its state.
func (j *job) observe(ctx context.Context, id uuid.UUID) (open bool, err error) {
	var session *qrs.Session
	err = j.insist(ctx, func() (err error) {
		session, err = j.client.Session(ctx, id)
		return err
	})
	if err != nil || session == nil {
		return false, err
	}
	j.note(session.Result)
	return true, nil
}

// note tells of a state when it is another than before.
func (j *job) note(r qrs.Result) {
	state := r.Status.String()
	if state == j.report.Status {
		return
	}
	j.report.Status, j.report.Node = state, r.Node
	message := map[qrs.Status]string{
		qrs.Queued:  "task is queued",
		qrs.Started: "task is executing",
		qrs.Retry:   "task is tried again by Qlik Sense",
	}[r.Status]
	if message == "" {
		message = "task changed its state"
	}
	j.log.Info(message, "status", state, "node", r.Node)
	j.tell(fmt.Sprintf("%q: %s", j.task.Name, state))
}

// newest is the last result of a session, nil if there is none yet.
func (j *job) newest(ctx context.Context, session uuid.UUID) (*qrs.Result, error) {
	var results []qrs.Result
	err := j.insist(ctx, func() (err error) {
		results, err = j.client.Results(ctx, session)
		return err
	})
	if err != nil || len(results) == 0 {
		return nil, err
	}
	return &results[0], nil
}

// settle reads a result again until it is whole, for a moment at most. What it
// says of success is final already, so that no error here counts.
func (j *job) settle(ctx context.Context, session uuid.UUID, r qrs.Result) qrs.Result {
	for range settleLimit / settleEvery {
		if whole(r) || sleep(ctx, settleEvery) != nil {
			return r
		}
		if results, err := j.client.Results(ctx, session); err == nil && len(results) > 0 && results[0].Over() {
			r = results[0]
		}
	}
	return r
}

func whole(r qrs.Result) bool {
	if r.Duration <= 0 {
		return false
	}
	for _, d := range r.Details {
		if strings.HasSuffix(d.Message, " to "+r.Status.String()) {
			return true
		}
	}
	return false
}
