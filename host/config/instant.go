package config

import (
	"slices"
	"time"

	"butlerd/host/schedule"

	"github.com/hashicorp/hcl/v2"
)

// wallLayout is a time on the wall, without a zone.
const wallLayout = "2006-01-02T15:04:05"

// maxSingles is how many single instants package schedule takes.
const maxSingles = 1000

// single checks the single instants of a draft.
func (b *drafting) single(d *draft, list []string) hcl.Diagnostics {
	if len(list) > maxSingles { // before each is compared with all
		return hcl.Diagnostics{wrong(written(d.at.content, "at", d.at.block.DefRange), "Too many times",
			"There are %d; at most %d are allowed.", len(list), maxSingles)}
	}
	var diags hcl.Diagnostics
	for i, text := range list {
		at := textAt(d.at.content, "at", i, d.at.ctx, d.at.block.DefRange)
		t, err := time.ParseInLocation(wallLayout, text, b.location(d))
		switch {
		case err != nil:
			diags = append(diags, wrong(at, "Invalid time",
				"%q must be a time on the wall in the time zone of the schedule, such as \"2026-12-24T18:00:00\".", "at"))
		case slices.Index(list, text) < i:
			diags = append(diags, wrong(at, "Duplicate time", "The time is in the list already."))
		case !t.After(b.now):
			diags = append(diags, odd(at, "Time in the past", "Nothing is started at a time that has passed. Remove it, or set one that is to come."))
		}
	}
	return diags
}

// bounds evaluates from when and until when a draft fires.
func (b *drafting) bounds(d *draft, m members, more *schedule.More) hcl.Diagnostics {
	var diags hcl.Diagnostics
	bound := func(name string) *time.Time {
		if _, set := m.get(name); !set {
			return nil
		}
		t, ok := parseTime(m.text(name), b.location(d))
		if !ok {
			diags = append(diags, wrong(written(d.at.content, name, d.at.block.DefRange), "Invalid time",
				"%q must be a time in RFC 3339, such as \"2026-01-01T00:00:00+01:00\", or one on the wall in the time zone of the schedule, such as \"2026-01-01T00:00:00\".", name))
			return nil
		}
		return &t
	}
	more.StartsAt, more.EndsAt = bound("starts_at"), bound("ends_at")
	if more.StartsAt != nil && more.EndsAt != nil && more.EndsAt.Before(*more.StartsAt) {
		diags = append(diags, wrong(written(d.at.content, "ends_at", d.at.block.DefRange), "Ends before it starts",
			"\"ends_at\" must not be before \"starts_at\", which is %s.", more.StartsAt.In(b.location(d)).Format(time.RFC3339)))
	}
	return diags
}

// parseTime reads a time in RFC 3339, or one on the wall of a zone.
func parseTime(text string, zone *time.Location) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.ParseInLocation(wallLayout, text, zone)
	}
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t, true
}
