package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Jitter is how long after its instant a firing starts at most.
func (s *Spec) Jitter() time.Duration {
	if s.more == nil {
		return 0
	}
	return s.more.more.Jitter
}

// Delay is how long after an instant of s its firing starts, for the schedule with
// the given id: whole seconds, 0 to Jitter, both included.
//
// It is the first eight bytes, most significant first, of the SHA-256 digest of the
// id, a line feed, and the instant in UTC as "2026-12-24T17:00:00Z", modulo the
// jitter in seconds plus one.
func (s *Spec) Delay(scheduleID string, at time.Time) time.Duration {
	return delay(scheduleID, at, s.Jitter())
}

func delay(scheduleID string, at time.Time, jitter time.Duration) time.Duration {
	if jitter < time.Second {
		return 0
	}
	sum := sha256.Sum256([]byte(scheduleID + "\n" + at.UTC().Format(time.RFC3339)))
	seconds := uint64(jitter/time.Second) + 1
	return time.Duration(binary.BigEndian.Uint64(sum[:])%seconds) * time.Second
}
