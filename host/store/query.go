package store

import (
	"time"

	"butlerd/host/run"
)

// MaxPage is the most rows a query returns.
const MaxPage = 1000

// RunQuery selects runs. Zero members select everything.
type RunQuery struct {
	ScheduleID string
	States     []run.State
	From, To   time.Time // CreatedAt in [From, To)
	After      RunCursor // start behind this run; zero: from the newest
	Limit      int       // 1..MaxPage; 0: 50
}

// RunCursor is a place in the list of runs.
type RunCursor struct {
	CreatedAt time.Time
	ID        string
}

// RunPage is one page of runs, newest first.
type RunPage struct {
	Runs []run.Run
	Next RunCursor // zero: no more
}

// LogQuery selects log entries of one run, behind (Attempt, Seq).
type LogQuery struct {
	RunID   string
	Attempt int
	Seq     int64
	Limit   int // 1..MaxPage; 0: MaxPage
}

// FiringQuery selects firings of one schedule, due in [From, To).
type FiringQuery struct {
	ScheduleID string
	From, To   time.Time // zero: no bound
	Limit      int       // 1..MaxPage; 0: MaxPage
}

// Counts is the size of the ledger.
type Counts struct {
	Firings map[run.Outcome]int64
	Runs    map[run.State]int64
}
