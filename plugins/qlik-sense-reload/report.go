package reload

import (
	"encoding/json"
	"fmt"
	"time"
)

// maxReport is how large a report may become, in bytes of JSON: less than what
// the sdk sends.
const maxReport = 900 << 10

// Report is the result of a run: what became of each task.
type Report struct {
	Succeeded int          `json:"succeeded" doc:"how many tasks ended well; without wait, how many were started"`
	Total     int          `json:"total" doc:"how many tasks the arguments meant"`
	Tasks     []TaskReport `json:"tasks" doc:"the tasks, by name"`
}

// TaskReport is what became of one task.
type TaskReport struct {
	ID        string    `json:"id" doc:"the task's id"`
	Name      string    `json:"name" doc:"the task's name"`
	App       string    `json:"app,omitempty" doc:"name of the app it reloads"`
	SessionID string    `json:"session_id,omitempty" doc:"id of the execution session in Qlik Sense"`
	Status    string    `json:"status" doc:"state of the execution by the name Qlik Sense has for it, such as FinishedSuccess; NotStarted, AlreadyRunning (and left alone) or Unknown when there is none"`
	Succeeded bool      `json:"succeeded" doc:"whether the task did what the run wanted of it"`
	StartedAt time.Time `json:"started_at,omitzero" doc:"when the last attempt of the execution began"`
	StoppedAt time.Time `json:"stopped_at,omitzero" doc:"when it ended"`
	Duration  float64   `json:"duration_seconds,omitempty" doc:"how long it took, in seconds"`
	Node      string    `json:"node,omitempty" doc:"host name of the node that executed it"`
	Refused   string    `json:"refused,omitempty" doc:"why Qlik Sense did not take the task, if it did answer: executing, as the task or another of its app already does; disabled; or unexplained. Left out for a task that was taken, and when a request failed"`
	Error     string    `json:"error,omitempty" doc:"why the task did not succeed"`
	Details   []string  `json:"details,omitempty" doc:"what Qlik Sense noted about the failure"`
	ScriptLog []string  `json:"script_log,omitempty" doc:"the last lines of the script log of a reload that failed"`
}

// Values of TaskReport.Refused.
const (
	refusedExecuting   = "executing"
	refusedDisabled    = "disabled"
	refusedUnexplained = "unexplained"
)

// refuse keeps for programs why a task was not taken, and makes the error for
// people.
func (j *job) refuse(why, format string, args ...any) error {
	j.report.Refused = why
	return fmt.Errorf("not started: "+format, args...)
}

// report is that of all jobs.
func (b *batch) report() Report {
	r := Report{Total: len(b.jobs)}
	for _, j := range b.jobs {
		r.Tasks = append(r.Tasks, j.report)
		if j.report.Succeeded {
			r.Succeeded++
		}
	}
	r.shorten(maxReport)
	return r
}

// shorten leaves out what is the longest and the least needed until the report
// fits: hundreds of tasks may have failed.
func (r *Report) shorten(limit int) {
	drops := []func(*TaskReport){
		func(t *TaskReport) { t.ScriptLog = nil },
		func(t *TaskReport) { t.Details = nil },
		func(t *TaskReport) {
			const few = 50
			t.Name, t.App, t.Error = cut(t.Name, few), "", cut(t.Error, few)
		},
	}
	for _, drop := range drops {
		if text, err := json.Marshal(r); err != nil || len(text) <= limit {
			return
		}
		for i := range r.Tasks {
			drop(&r.Tasks[i])
		}
	}
}
