package api

import (
	"encoding/json"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// scheduleView is a schedule as v1 shows it.
type scheduleView struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	Cron         string   `json:"cron"`      // the first line of crons; empty when there is none
	CronText     *string  `json:"cron_text"` // when it fires, in words
	Timezone     string   `json:"timezone"`
	Tags         []string `json:"tags"`
	State        string   `json:"state"`
	StartupState string   `json:"startup_state"`
	timingView
	policyView
	TimeoutSeconds *float64     `json:"timeout_seconds"` // of one attempt
	Placement      *placement   `json:"placement"`       // nil: on any host
	Action         actionView   `json:"action"`
	Source         string       `json:"source"`
	Origin         *string      `json:"origin"` // where a file declares it
	Version        int64        `json:"version"`
	CreatedAt      *string      `json:"created_at"`
	Since          *string      `json:"since"` // when this version came into force
	Next           []firingTime `json:"next"`  // the coming firings; none while it is stopped
}

// actionView is what a schedule runs. Secrets are masked in the arguments, and
// what is known only at an attempt is left out.
type actionView struct {
	Type      string          `json:"type"`
	Arguments json.RawMessage `json:"arguments"` // nil is null
}

// placement says on which hosts a schedule may run.
type placement struct {
	Labels      map[string]string `json:"labels"`
	WaitSeconds float64           `json:"wait_seconds"`
}

func newPlacement(p *schedule.Placement) *placement {
	if p == nil {
		return nil
	}
	return &placement{Labels: p.Labels, WaitSeconds: p.Wait.Seconds()}
}

// firingTime is one instant in both clocks.
type firingTime struct {
	UTC   *string `json:"utc"`
	Local string  `json:"local"` // in the schedule's zone, with its offset
}

// coming is how many firings of a schedule are shown.
const coming = 5

func (v v1) scheduleView(s store.Schedule) scheduleView {
	view := scheduleView{
		ID:             s.ID,
		Name:           s.Name,
		Description:    s.Description,
		Cron:           s.Cron,
		Timezone:       s.Timezone,
		Tags:           append([]string{}, s.Tags...),
		State:          stateOf(s),
		StartupState:   string(s.Startup),
		timingView:     newTimingView(s.Definition),
		policyView:     newPolicyView(s.Definition),
		TimeoutSeconds: seconds(s.Timeout),
		Placement:      newPlacement(s.Definition.Placement),
		Action:         actionView{Type: s.Action.Type, Arguments: s.Action.Arguments},
		Source:         string(s.Source),
		Origin:         orNull(s.Origin),
		Version:        s.Version,
		CreatedAt:      instant(s.CreatedAt),
		Since:          instant(s.Since),
		Next:           []firingTime{},
	}
	spec, err := v.specs.Get(s.Timing())
	if err != nil {
		return view // a store of another build; the registry has logged it
	}
	view.CronText = orNull(spec.Describe())
	for _, at := range v.opts.Schedules.Next(s.ID, coming) {
		view.Next = append(view.Next, firingTime{UTC: instant(at), Local: at.In(spec.Location()).Format(time.RFC3339)})
	}
	return view
}

// seconds is a duration; nil for none.
func seconds(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	s := d.Seconds()
	return &s
}
