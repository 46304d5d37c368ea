package store

import (
	"context"
	"encoding/json"
	"time"

	"butlerd/host/run"
)

// Queue keeps what is to be done later: runs that wait, and follow-ups.
type Queue interface {
	// Expire ends the waiting runs whose WaitUntil is at or before an instant:
	// Cancelled, run.ReasonWaitedTooLong; one that has had attempts before ends as its
	// last attempt did. It returns the runs that it ended. ErrFenced when the host
	// holds no lease.
	Expire(ctx context.Context, hostID string, at time.Time) ([]run.Run, error)
	// NextAt is the earliest instant after t at which a run that waits becomes ready
	// or is to be given up; zero when there is none.
	NextAt(ctx context.Context, t time.Time) (time.Time, error)
	// Unfollowed lists runs that have ended and have Policy.Follow, the first ended
	// first, until Followed is told of them.
	Unfollowed(ctx context.Context, limit int) ([]run.Run, error)
	// Followed says that all is done that was to be done after the end of runs. Ids
	// that are not known, or were told before, are ignored.
	Followed(ctx context.Context, runIDs []string) error
	// Checkpoint keeps what a plugin notes in a running attempt, in place of what it
	// noted before. It reports false when the attempt is not open or belongs to
	// another host.
	Checkpoint(ctx context.Context, c Checkpoint) (bool, error)
	// Children lists the runs that the end of a run has made, the first made first; at
	// most MaxPage, without their Work.
	Children(ctx context.Context, runID string) ([]run.Run, error)
}

// Checkpoint is what a plugin notes of an attempt, to find again what it started.
type Checkpoint struct {
	RunID  string
	Number int
	HostID string
	Data   json.RawMessage // a JSON object of up to MaxCheckpoint bytes
}

// MaxCheckpoint is how long a checkpoint may be, in bytes.
const MaxCheckpoint = 16 << 10
