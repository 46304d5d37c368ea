package schedule

import (
	"encoding/json"
	"time"
)

// Startup says whether a schedule is started when its host starts.
type Startup string

// The startup states. Last keeps the state the schedule had.
const (
	StartupStarted Startup = "started"
	StartupStopped Startup = "stopped"
	StartupLast    Startup = "last"
)

// Overlap says what a firing does while an earlier run of its schedule is open.
type Overlap string

// The overlap policies.
const (
	OverlapSkip    Overlap = "skip"    // the firing is recorded as skipped
	OverlapQueue   Overlap = "queue"   // its run waits for the end of the open one
	OverlapReplace Overlap = "replace" // the open one is cancelled, and its end waited for
	OverlapAllow   Overlap = "allow"   // it runs beside the open one
)

// Exclusive says whether runs wait for the end of an earlier one.
func (o Overlap) Exclusive() bool { return o == OverlapQueue || o == OverlapReplace }

// Definition is what a schedule declares: when to fire and which action to run.
// Two definitions that are equal as JSON mean the same.
type Definition struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Created is when it was made, for one that came over from elsewhere; nil: when the
	// ledger says. It is only shown.
	Created *time.Time `json:"created,omitempty"`
	// Cron is the first cron line; empty when there are only single instants, in
	// More.At.
	Cron     string `json:"cron"`
	Timezone string `json:"timezone"` // an IANA name
	// More is what else says when to fire; nil: nothing does.
	More    *More    `json:"more,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	Startup Startup  `json:"startup_state"`
	Overlap Overlap  `json:"overlap"`
	// QueueLimit is how many runs may wait for the end of one, with OverlapQueue.
	QueueLimit int           `json:"queue_limit,omitempty"`
	Timeout    time.Duration `json:"timeout,omitempty"` // of one attempt; 0: none
	// CatchUp says what becomes of firings that an outage kept from running; nil:
	// they are missed.
	CatchUp *CatchUp `json:"catch_up,omitempty"`
	// Retry says which attempts are followed by another one; nil: none.
	Retry *Retry `json:"retry,omitempty"`
	// OnLost says what follows an attempt whose end is not known; empty: OnLostFail.
	OnLost OnLost `json:"on_lost,omitempty"`
	// Pool names the pool whose slots the runs need; empty: that of the plugin, if it
	// has one.
	Pool string `json:"pool,omitempty"`
	// Priority orders what waits: the highest first, then what was due first.
	Priority int `json:"priority,omitempty"`
	// Expected is how long a run is thought to take, for simulations; 0: not known.
	Expected time.Duration `json:"expected_duration,omitempty"`
	// Placement says on which hosts it may run; nil: on any.
	Placement *Placement `json:"placement,omitempty"`
	Action    Action     `json:"action"`
	// FollowUps are what is done when runs have ended, or firings were missed.
	FollowUps []FollowUp `json:"follow_ups,omitempty"`
	// Extra holds members that a caller of the v4 API sent and that have no
	// meaning here: Butler keeps and returns them. Nil for files.
	Extra map[string]json.RawMessage `json:"extra,omitempty"`
}

// Placement says on which hosts a schedule may run.
type Placement struct {
	// Labels are those that a host must have, with the same values.
	Labels map[string]string `json:"labels"`
	// Wait is how long after its due time a firing waits for such a host before it
	// is recorded as missed.
	Wait time.Duration `json:"wait"`
}

// DefaultWait is how long a firing waits for a host that can run it when its
// schedule says nothing else.
const DefaultWait = time.Minute

// Allows says whether a host with these labels may run the schedule.
func (p *Placement) Allows(labels map[string]string) bool {
	if p == nil {
		return true
	}
	for name, value := range p.Labels {
		if has, ok := labels[name]; !ok || has != value {
			return false
		}
	}
	return true
}

// Patience is how long a firing waits for a host that can run it.
func (p *Placement) Patience() time.Duration {
	if p == nil {
		return DefaultWait
	}
	return p.Wait
}

// Action names what to run, with its arguments.
type Action struct {
	Type string `json:"type"`
	// Arguments is one JSON object. Secrets are masked in it, and what is known
	// only at an attempt is absent: it is for showing and comparing. A schedule
	// made over the API has neither.
	Arguments json.RawMessage `json:"arguments,omitempty"`
}
