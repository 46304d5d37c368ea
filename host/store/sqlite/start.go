package sqlite

import (
	"database/sql"
	"time"

	"butlerd/host/run"
)

// attemptStart is an attempt that starts.
type attemptStart struct {
	runID   string
	hostID  string
	at      time.Time
	number  int
	resumes int
}

const (
	addFirstQuery = `
WITH started (run_id, host_id, at) AS (VALUES ())
INSERT INTO attempts (run_id, number, host_id, started_at,
	state, reason, summary, error, log_lines, log_bytes, dropped)
SELECT run_id, 1, host_id, at, 'running', '', '', '', 0, 0, 0 FROM started`

	addAttemptQuery = `
WITH started (run_id, number, host_id, at, resumes) AS (VALUES ())
INSERT INTO attempts (run_id, number, host_id, started_at, resumes,
	state, reason, summary, error, log_lines, log_bytes, dropped)
SELECT run_id, number, host_id, at, resumes, 'running', '', '', '', 0, 0, 0 FROM started`
)

// addAttempts adds attempts that run.
func (t *tx) addAttempts(starts []attemptStart) error {
	first, others := make([]any, 0, 3*len(starts)), []any(nil)
	for _, s := range starts {
		if s.number == 1 && s.resumes == 0 {
			first = append(first, s.runID, s.hostID, micros(s.at))
		} else {
			others = append(others, s.runID, int64(s.number), s.hostID, micros(s.at), int64(s.resumes))
		}
	}
	if err := t.bulk(nil, addFirstQuery, 3, first); err != nil {
		return err
	}
	return t.bulk(nil, addAttemptQuery, 5, others)
}

const attemptColumns = `run_id, number, host_id, state, reason, started_at, ended_at, summary, error,
	result, log_lines, log_bytes, dropped, resumes, checkpoint`

func scanAttempt(rows *sql.Rows) (a run.Attempt, err error) {
	var started int64
	var ended sql.NullInt64
	err = rows.Scan(&a.RunID, &a.Number, &a.HostID, (*string)(&a.State), (*string)(&a.Reason), &started,
		&ended, &a.Summary, &a.Error, (*[]byte)(&a.Result), &a.LogLines, &a.LogBytes, &a.Dropped,
		&a.Resumes, (*[]byte)(&a.Checkpoint))
	a.StartedAt, a.EndedAt = fromMicros(started), fromNullMicros(ended)
	return a, err
}
