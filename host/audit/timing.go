package audit

import (
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// specOf reads when a version fires.
func specOf(specs *schedule.Cache, v store.Version) (*schedule.Spec, error) {
	return specs.Get(v.Timing())
}

// otherTable is the table of holidays of a version when this program has another one,
// so that nobody can tell what it owed; else empty.
func otherTable(v store.Version) string { return v.Timing().OtherTable() }

// delayOf is how long after its instant a firing may be handed out: not before those
// that precede it, whose delays may be longer than its own.
func delayOf(s *schedule.Spec) time.Duration { return s.Jitter() }
