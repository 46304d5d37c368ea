package sdk

import (
	"errors"
	"time"
)

// permanent, later and lost say what is to become of a run that failed. Their
// text is that of the error within.
type (
	permanent struct{ error }
	later     struct {
		error
		after time.Duration
	}
	lost struct{ error }
)

func (e permanent) Unwrap() error { return e.error }
func (e later) Unwrap() error     { return e.error }
func (e lost) Unwrap() error      { return e.error }

// Permanent marks an error that no retry can cure: the run fails at once,
// whatever the schedule's retry policy. A nil error stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// RetryAfter marks an error that is worth another attempt, but not before d
// has passed; the schedule's policy still decides how often. A d below zero
// counts as zero. A nil error stays nil.
func RetryAfter(d time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return later{err, max(d, 0)}
}

// Lost marks an error after which nobody can tell whether what the action
// started has happened, is still happening or never began: the connection
// broke after the order was sent. The host then starts nothing a second time
// unless the schedule allows it. A nil error stays nil.
func Lost(err error) error {
	if err == nil {
		return nil
	}
	return lost{err}
}

func isLost(err error) bool {
	var l lost
	return errors.As(err, &l)
}
