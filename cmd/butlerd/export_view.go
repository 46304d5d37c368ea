package main

import (
	"context"
	"net/url"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// scheduleInfo is a schedule as the API shows it.
type scheduleInfo struct {
	ID             string       `json:"id"`
	Name           string       `json:"name"`
	Description    string       `json:"description"`
	Timezone       string       `json:"timezone"`
	Tags           []string     `json:"tags"`
	State          string       `json:"state"`
	Startup        string       `json:"startup_state"`
	Crons          []string     `json:"crons"`
	At             []string     `json:"at"`
	StartsAt       *time.Time   `json:"starts_at"`
	EndsAt         *time.Time   `json:"ends_at"`
	Jitter         *float64     `json:"jitter_seconds"`
	Calendars      []string     `json:"calendars"`
	Exclude        []string     `json:"exclude"`
	Shift          *string      `json:"shift"`
	Overlap        string       `json:"overlap"`
	QueueLimit     int          `json:"queue_limit"`
	CatchUp        *catchUpInfo `json:"catch_up"`
	Retry          *retryInfo   `json:"retry"`
	Pool           string       `json:"pool"`
	Priority       int          `json:"priority"`
	Expected       *float64     `json:"expected_duration_seconds"`
	TimeoutSeconds *float64     `json:"timeout_seconds"`
	Placement      *struct {
		Labels map[string]string `json:"labels"`
		Wait   float64           `json:"wait_seconds"`
	} `json:"placement"`
	Action    schedule.Action     `json:"action"`
	FollowUps []schedule.FollowUp `json:"follow_ups"`
	Source    string              `json:"source"`
	Origin    string              `json:"origin"`
	CreatedAt time.Time           `json:"created_at"`
}

type catchUpInfo struct {
	Mode   string  `json:"mode"`
	Within float64 `json:"within_seconds"`
	Limit  int     `json:"limit"`
}

type retryInfo struct {
	Attempts   int                `json:"attempts"`
	Backoff    float64            `json:"backoff_seconds"`
	MaxBackoff float64            `json:"max_backoff_seconds"`
	On         []schedule.RetryOn `json:"on"`
}

// schedules are all schedules of a host, by id.
func (r *remote) schedules(ctx context.Context) ([]store.Schedule, error) {
	var list []store.Schedule
	values := url.Values{"limit": {"200"}}
	for {
		var page struct {
			Schedules  []scheduleInfo `json:"schedules"`
			NextCursor *string        `json:"next_cursor"`
		}
		if err := r.query(values, remoteTimeout).get(ctx, "/api/v1/schedules", &page); err != nil {
			return nil, err
		}
		for _, s := range page.Schedules {
			list = append(list, s.schedule())
		}
		if page.NextCursor == nil || len(page.Schedules) == 0 {
			return list, nil
		}
		values.Set("cursor", *page.NextCursor)
	}
}

// schedule is the schedule that is shown. Calendars have only their names.
func (s scheduleInfo) schedule() store.Schedule {
	d := schedule.Definition{
		ID: s.ID, Name: s.Name, Description: s.Description, Timezone: s.Timezone, Tags: s.Tags,
		Startup: schedule.Startup(s.Startup), Overlap: schedule.Overlap(s.Overlap), QueueLimit: s.QueueLimit,
		Timeout: span(s.TimeoutSeconds), Pool: s.Pool, Priority: s.Priority, Expected: span(s.Expected),
		Action: s.Action, FollowUps: s.FollowUps, More: s.more(),
	}
	if len(s.Crons) > 0 {
		d.Cron = s.Crons[0]
	}
	if p := s.Placement; p != nil {
		d.Placement = &schedule.Placement{Labels: p.Labels, Wait: span(&p.Wait)}
	}
	if c := s.CatchUp; c != nil {
		d.CatchUp = &schedule.CatchUp{Mode: schedule.CatchUpMode(c.Mode), Within: span(&c.Within), Limit: c.Limit}
	}
	if r := s.Retry; r != nil {
		d.Retry = &schedule.Retry{Attempts: r.Attempts, Backoff: span(&r.Backoff), MaxBackoff: span(&r.MaxBackoff), On: r.On}
	}
	if string(d.Action.Arguments) == "null" {
		d.Action.Arguments = nil
	}
	return store.Schedule{Definition: d, Source: store.Source(s.Source), Origin: s.Origin, Started: s.State == "started", CreatedAt: s.CreatedAt}
}

func (s scheduleInfo) more() *schedule.More {
	m := schedule.More{
		At: s.At, StartsAt: s.StartsAt, EndsAt: s.EndsAt, Jitter: span(s.Jitter),
		Calendars: named(s.Calendars), Exclude: named(s.Exclude),
	}
	if len(s.Crons) > 1 {
		m.Crons = s.Crons[1:]
	}
	if s.Shift != nil {
		m.Shift = schedule.Shift(*s.Shift)
	}
	return &m
}

func named(names []string) []schedule.Calendar {
	var list []schedule.Calendar
	for _, name := range names {
		list = append(list, schedule.Calendar{Name: name})
	}
	return list
}
