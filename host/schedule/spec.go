package schedule

import (
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"
)

// Spec is all that says when a schedule fires: one cron expression in one time
// zone, and whatever else [More] has. It comes from [Parse], [Compile] or [Cache.Get],
// does not change, and is safe for concurrent use.
type Spec struct {
	expr string
	key  string // of its Timing
	loc  *time.Location
	// more is set when there is more than one cron line. All fields below but last
	// are then empty; each line is a Spec of its own.
	more *composite

	// every is the interval of an @every expression in seconds, 0 in others. The
	// fields below are empty when it is set.
	every int64
	// fields are the fields as they were written, second first.
	fields [6]string
	// cron has the fields as sets. It is stepped in UTC only: in zones with clock
	// changes robfig/cron loses firings and finds wrong days.
	cron *cron.SpecSchedule
	// limited tells that the hour field does not cover all hours.
	limited bool
	// warnings are those about the expression alone.
	warnings []string

	// last is the latest step of Next. At the top of an hour thousands of
	// schedules that share a Spec ask for the same step.
	last atomic.Pointer[stride]
}

// stride says that next, in Unix seconds, is the first instant after from, and
// so after all that lies between them.
type stride struct {
	from, next int64
}

// Expr returns the first cron line as it was written; empty when there is none.
func (s *Spec) Expr() string { return s.expr }

// Key returns the key of the [Timing] that s comes from.
func (s *Spec) Key() string { return s.key }

// Never says that there are no instants at all: the [Timing] has none.
func (s *Spec) Never() bool { return s.more != nil && len(s.more.lines)+len(s.more.singles) == 0 }

// Zone returns the IANA name of the time zone.
func (s *Spec) Zone() string { return s.loc.String() }

// Location returns the time zone.
func (s *Spec) Location() *time.Location { return s.loc }

// same tells whether two specs mean the same because they read the same.
func (s *Spec) same(o *Spec) bool {
	return s == o || s.key == o.key && s.Zone() == o.Zone()
}
