package api

import (
	"butlerd/host/schedule"
)

// timingView is what says when a schedule fires, beside its first cron line and its
// time zone.
type timingView struct {
	Crons         []string `json:"crons"` // all lines
	At            []string `json:"at"`    // single instants, local
	StartsAt      *string  `json:"starts_at"`
	EndsAt        *string  `json:"ends_at"`
	JitterSeconds *float64 `json:"jitter_seconds"`
	Calendars     []string `json:"calendars"` // by name: all must have an instant
	Exclude       []string `json:"exclude"`   // by name: none may
	Shift         *string  `json:"shift"`
}

func newTimingView(d schedule.Definition) timingView {
	v := timingView{Crons: []string{}, At: []string{}, Calendars: []string{}, Exclude: []string{}}
	if d.Cron != "" {
		v.Crons = append(v.Crons, d.Cron)
	}
	m := d.More
	if m == nil {
		return v
	}
	v.Crons, v.At = append(v.Crons, m.Crons...), append(v.At, m.At...)
	if m.StartsAt != nil {
		v.StartsAt = instant(*m.StartsAt)
	}
	if m.EndsAt != nil {
		v.EndsAt = instant(*m.EndsAt)
	}
	v.JitterSeconds, v.Shift = seconds(m.Jitter), orNull(string(m.Shift))
	v.Calendars, v.Exclude = append(v.Calendars, names(m.Calendars)...), append(v.Exclude, names(m.Exclude)...)
	return v
}

func names(calendars []schedule.Calendar) []string {
	list := make([]string, len(calendars))
	for i, c := range calendars {
		list[i] = c.Name
	}
	return list
}

// policyView is how the runs of a schedule are admitted, repeated and followed.
type policyView struct {
	Overlap                 string         `json:"overlap"`
	QueueLimit              *int           `json:"queue_limit"` // nil: it queues nothing
	CatchUp                 *catchUpView   `json:"catch_up"`
	Retry                   *retryView     `json:"retry"`
	OnLost                  string         `json:"on_lost"`
	Pool                    *string        `json:"pool"` // nil: that of the plugin, if it has one
	Priority                int            `json:"priority"`
	ExpectedDurationSeconds *float64       `json:"expected_duration_seconds"`
	FollowUps               []followUpView `json:"follow_ups"`
}

type catchUpView struct {
	Mode          string  `json:"mode"`
	WithinSeconds float64 `json:"within_seconds"`
	Limit         int     `json:"limit"`
}

type retryView struct {
	Attempts          int      `json:"attempts"`
	BackoffSeconds    float64  `json:"backoff_seconds"`
	MaxBackoffSeconds float64  `json:"max_backoff_seconds"`
	On                []string `json:"on"`
}

type followUpView struct {
	Name   string      `json:"name"`
	On     string      `json:"on"`
	After  *int        `json:"after"` // failures in a row
	Start  []string    `json:"start"` // schedules that are run
	Action *actionView `json:"action"`
}

func newPolicyView(d schedule.Definition) policyView {
	v := policyView{
		Overlap:                 string(d.Overlap),
		QueueLimit:              count(d.QueueLimit),
		OnLost:                  string(schedule.OnLostFail),
		Pool:                    orNull(d.Pool),
		Priority:                d.Priority,
		ExpectedDurationSeconds: seconds(d.Expected),
		FollowUps:               []followUpView{},
	}
	if d.OnLost != "" {
		v.OnLost = string(d.OnLost)
	}
	if c := d.CatchUp; c != nil {
		v.CatchUp = &catchUpView{Mode: string(c.Mode), WithinSeconds: c.Within.Seconds(), Limit: c.Limit}
	}
	if r := d.Retry; r != nil {
		v.Retry = &retryView{Attempts: r.Attempts, BackoffSeconds: r.Backoff.Seconds(), MaxBackoffSeconds: r.MaxBackoff.Seconds(), On: []string{}}
		for _, on := range r.On {
			v.Retry.On = append(v.Retry.On, string(on))
		}
	}
	for _, f := range d.FollowUps {
		view := followUpView{Name: f.Name, On: string(f.On), After: count(f.After), Start: append([]string{}, f.Start...)}
		if f.Action != nil {
			view.Action = &actionView{Type: f.Action.Type, Arguments: f.Action.Arguments}
		}
		v.FollowUps = append(v.FollowUps, view)
	}
	return v
}

// count is a number; nil for none.
func count(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
