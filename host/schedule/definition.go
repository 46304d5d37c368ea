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
	OverlapSkip  Overlap = "skip"  // the firing is recorded as skipped
	OverlapAllow Overlap = "allow" // it runs beside the open one
)

// Definition is what a schedule declares: when to fire and which action to run.
// Two definitions that are equal as JSON mean the same.
type Definition struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Cron        string        `json:"cron"`
	Timezone    string        `json:"timezone"` // an IANA name
	Tags        []string      `json:"tags,omitempty"`
	Startup     Startup       `json:"startup_state"`
	Overlap     Overlap       `json:"overlap"`
	Timeout     time.Duration `json:"timeout,omitempty"` // of one attempt; 0: none
	// Placement says on which hosts it may run; nil: on any.
	Placement *Placement `json:"placement,omitempty"`
	Action    Action     `json:"action"`
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
