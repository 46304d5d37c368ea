package host_test

import (
	"fmt"
	"slices"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// instants are those of a definition in (from, to], found by looking at the clock on
// the wall every quarter of a minute: nothing that the host uses is used here.
func instants(d schedule.Definition, from, to time.Time) []time.Time {
	loc, err := time.LoadLocation(d.Timezone)
	if err != nil {
		return nil
	}
	var more schedule.More
	if d.More != nil {
		more = *d.More
	}
	all := map[int64]bool{}
	for _, line := range append([]string{d.Cron}, more.Crons...) {
		if line != "" {
			walk(all, readCron(line), loc, from, to)
		}
	}
	for _, at := range more.At {
		single(all, at, loc, from, to)
	}
	var list []time.Time
	for unix := range all {
		at := time.Unix(unix, 0).UTC()
		if at.After(from) && !at.After(to) && allowed(more, at.In(loc)) {
			list = append(list, at)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

// allowed asks the bounds and the calendars, of which the worlds have two.
func allowed(more schedule.More, at time.Time) bool {
	if more.StartsAt != nil && at.Before(*more.StartsAt) || more.EndsAt != nil && at.After(*more.EndsAt) {
		return false
	}
	in := func(c schedule.Calendar) bool {
		if c.Name == "weekend" {
			return at.Weekday() == time.Sunday
		}
		minute := at.Hour()*60 + at.Minute()
		return at.Weekday() != time.Sunday && minute >= 6*60 && minute < 20*60+30
	}
	return !slices.ContainsFunc(more.Exclude, in) && !slices.ContainsFunc(more.Calendars, func(c schedule.Calendar) bool { return !in(c) })
}

const (
	tick   = 15
	margin = 3 * 3600 // more than any clock changes by
)

func wall(unix int64, loc *time.Location) int64 {
	_, offset := time.Unix(unix, 0).In(loc).Zone()
	return unix + int64(offset)
}

// walk adds the instants of a line: a time on the wall that comes twice counts once, and
// one that never comes is the first instant after, unless the line is of every hour.
func walk(all map[int64]bool, c cron, loc *time.Location, from, to time.Time) {
	first, last := from.Unix()/60*60-margin, to.Unix()+margin
	exists, seen := map[int64]bool{}, map[int64]bool{}
	for at := first; at <= last; at += tick {
		exists[wall(at, loc)] = true
	}
	every := c.Hour == nil
	before := wall(first-tick, loc)
	for at := first; at <= last; at += tick {
		w := wall(at, loc)
		if c.matches(w) && (every || !seen[w]) {
			all[at] = true
		}
		seen[w] = true
		for skipped := before + tick; skipped < w && !every; skipped += tick {
			if c.matches(skipped) && !exists[skipped] {
				all[at] = true
			}
		}
		before = w
	}
}

func single(all map[int64]bool, text string, loc *time.Location, from, to time.Time) {
	wanted, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		return
	}
	for at := from.Unix()/60*60 - margin; at <= to.Unix()+margin; at += tick {
		if now, before := wall(at, loc), wall(at-tick, loc); now >= wanted.Unix() && before < wanted.Unix() {
			all[at] = true
			return
		}
	}
}

func (c cron) matches(wall int64) bool {
	at := time.Unix(wall, 0).UTC()
	has := func(list []int, n int) bool { return list == nil || slices.Contains(list, n) }
	return has(c.Second, at.Second()) && has(c.Minute, at.Minute()) && has(c.Hour, at.Hour()) && has(c.Weekday, int(at.Weekday()))
}

// readCron reads what cron.String writes, and five fields.
func readCron(line string) cron {
	var fields [6]string
	if n, _ := fmt.Sscan(line, &fields[0], &fields[1], &fields[2], &fields[3], &fields[4], &fields[5]); n == 5 {
		fields = [6]string{"0", fields[0], fields[1], fields[2], fields[3], fields[4]}
	}
	list := func(field string) (list []int) {
		if field == "*" {
			return nil
		}
		n := 0
		for _, r := range field + "," {
			if r == ',' {
				list, n = append(list, n), 0
				continue
			}
			n = n*10 + int(r-'0')
		}
		return list
	}
	return cron{Second: list(fields[0]), Minute: list(fields[1]), Hour: list(fields[2]), Weekday: list(fields[5])}
}

// owed is what the versions of all schedules owe up to an instant.
func owed(versions []store.Version, to time.Time) map[string]map[int64]store.Version {
	all := map[string]map[int64]store.Version{}
	found := map[string][]time.Time{}
	begin := to
	for _, v := range versions {
		if v.Since.Before(begin) {
			begin = v.Since
		}
	}
	for _, v := range versions {
		key := v.ID + v.Timing().Key() + v.Timezone
		if _, ok := found[key]; !ok && v.Started {
			found[key] = instants(v.Definition, begin.Add(-time.Second), to)
		}
		if all[v.ID] == nil {
			all[v.ID] = map[int64]store.Version{}
		}
		for _, at := range found[key] {
			if v.Started && at.After(v.Since) && (v.Until.IsZero() || !at.After(v.Until)) {
				all[v.ID][at.Unix()] = v
			}
		}
	}
	return all
}
