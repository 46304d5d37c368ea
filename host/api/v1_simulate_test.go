package api

import (
	"context"
	"testing"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/simulate"
)

// simulated plays one schedule of each hour.
func simulated(ctx context.Context, q simulate.Query) (*simulate.Report, error) {
	in, err := q.Input(noon, "Europe/Stockholm")
	if err != nil {
		return nil, err
	}
	spec, err := schedule.Parse("@hourly", "UTC")
	if err != nil {
		return nil, err
	}
	all := []simulate.Schedule{{ID: "a", Spec: spec, Overlap: schedule.OverlapSkip, Plugin: "p", Pool: "q", Takes: time.Minute, Source: simulate.FromDeclared}}
	in.Pools = map[string]simulate.Pool{"q": {Slots: 1}}
	in.Schedules, err = simulate.Choose(q, all, func(s simulate.Schedule) string { return s.ID }, func(simulate.Schedule) bool { return true })
	if err != nil {
		return nil, err
	}
	return simulate.Run(ctx, in)
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	const year = "/api/v1/simulate?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z"
	b.play(t, []scenario{
		{name: "a week from now", method: "GET", path: "/api/v1/simulate", status: 200, says: []string{`"firings":168,`, `"timezone":"Europe/Stockholm"`, `"truncated_at":null`}},
		{name: "a year", method: "GET", path: year + "&timezone=UTC&schedule=a", status: 200, says: []string{`"firings":8760,`, `"timezone":"UTC"`, `"duration_from":"declared"`}},
		{name: "a picture", method: "GET", path: year + "&format=svg", status: 200, says: []string{`<svg xmlns="http://www.w3.org/2000/svg"`, `</svg>`}},
		{name: "no other format", method: "GET", path: year + "&format=png", status: 400, says: []string{`must be`, `svg`}},
		{name: "no unknown schedule", method: "GET", path: year + "&schedule=b", status: 400, says: []string{`there is no schedule`}},
		{name: "no unknown zone", method: "GET", path: year + "&timezone=Mars", status: 400, says: []string{`unknown time zone`}},
		{name: "no end before the start", method: "GET", path: "/api/v1/simulate?from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z", status: 400, says: []string{"from must be before to"}},
		{name: "no age", method: "GET", path: "/api/v1/simulate?from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z", status: 400, says: []string{"at most 5 years apart"}},
	})
}
