package reload

import (
	"context"
	"errors"
	"time"

	"butlerd/sdk"
)

// ExecutionsArguments are those of the query qlik-sense-executions.
type ExecutionsArguments struct {
	From string `hcl:"from" doc:"the time from which executions are listed, by Qlik Sense's clock, such as 2026-11-25T08:00:00Z"`
	To   string `hcl:"to" doc:"the time before which they started"`
}

// Validate tells all that is wrong, each at its argument.
func (a *ExecutionsArguments) Validate() error {
	from, fromErr := instant(a.From)
	to, toErr := instant(a.To)
	if fromErr != nil || toErr != nil {
		return errors.Join(sdk.At(fromErr, "from"), sdk.At(toErr, "to"))
	}
	if !from.Before(to) {
		return sdk.At(errors.New("must be later than from"), "to")
	}
	return nil
}

// instant reads a time to the millisecond, which is all that Qlik Sense compares.
func instant(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, errors.New("must be a time with its zone, such as 2026-11-25T08:00:00Z")
	}
	return t.UTC().Truncate(time.Millisecond), nil
}

// ExecutionList is the answer of the query qlik-sense-executions.
type ExecutionList struct {
	Executions []Execution `json:"executions" doc:"the executions by the time they started. The attempts that Qlik Sense makes of one count as one, as far as they began in the time asked for"`
	Complete   bool        `json:"complete" doc:"whether these are all that started before to"`
	Until      time.Time   `json:"until" doc:"the time before which all that started are listed: to, or an earlier one when there are too many. Ask again from it for the others"`
}

// Execution is an execution of a task.
type Execution struct {
	ID        string     `json:"id" doc:"id of the execution session, as session_id in the result of a run; of an old one that has none, the id of its result"`
	TaskID    string     `json:"task_id" doc:"id of the task"`
	TaskName  string     `json:"task_name" doc:"its name; empty when it is not in Qlik Sense any more"`
	StartedAt time.Time  `json:"started_at" doc:"when the first attempt began"`
	EndedAt   *time.Time `json:"ended_at" doc:"when the last attempt ended; null as long as it has not"`
	Status    string     `json:"status" doc:"state of the last attempt by the name Qlik Sense has for it, such as FinishedSuccess"`
}

// findExecutions is the query.
func (p *plugin) findExecutions(ctx context.Context, args ExecutionsArguments) (ExecutionList, error) {
	from, err := instant(args.From)
	if err != nil {
		return ExecutionList{}, err
	}
	to, err := instant(args.To)
	if err != nil {
		return ExecutionList{}, err
	}
	h := history{client: p.client.Load(), from: from, to: to}
	list, err := h.list(ctx)
	return list, refusal(err)
}
