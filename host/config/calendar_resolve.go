package config

import (
	"slices"
	"strings"

	"butlerd/host/schedule"

	"github.com/hashicorp/hcl/v2"
)

// resolution makes calendars complete with the calendars in them.
type resolution struct {
	calendars map[string]*calendar
	names     []string
	ring      []string // those underway, outermost first
	diags     hcl.Diagnostics
}

// resolve completes a calendar, after those that it names.
func (r *resolution) resolve(c *calendar) {
	if c.state == done {
		return
	}
	c.state = underway
	r.ring = append(r.ring, c.Name)
	c.parts, c.all, c.depth = c.count(), 1, 1
	c.Include = r.all(c, "include", c.include)
	c.Exclude = r.all(c, "exclude", c.exclude)
	r.ring = r.ring[:len(r.ring)-1]
	c.state = done
	switch {
	case c.broken:
	case c.parts > maxCalendarParts:
		r.fail(c, wrong(c.block.DefRange, "Calendar too large",
			"With the calendars in it there are %d dates, weekdays, windows, holidays and events; at most %d are allowed.", c.parts, maxCalendarParts))
	case c.all > maxCalendars:
		r.fail(c, wrong(c.block.DefRange, "Calendar too large",
			"With include and exclude it is made of %d calendars; at most %d are allowed.", c.all, maxCalendars))
	case c.depth > maxCalendarDepth:
		r.fail(c, wrong(c.block.DefRange, "Calendars nested too deep", "At most %d calendars may be in one another.", maxCalendarDepth))
	}
}

func (r *resolution) fail(c *calendar, d *hcl.Diagnostic) {
	c.broken = true
	r.diags = append(r.diags, d)
}

// all are the calendars of an attribute.
func (r *resolution) all(c *calendar, attribute string, names []string) []schedule.Calendar {
	var list []schedule.Calendar
	for i, name := range names {
		at := c.textAt(attribute, i)
		other := r.calendars[name]
		switch {
		case other == nil:
			r.fail(c, unknownName(at, "calendar", name, r.names))
			continue
		case slices.Index(names, name) < i:
			r.fail(c, wrong(at, "Duplicate name", "The calendar %q is in the list already.", name))
			continue
		case other.state == underway:
			ring := append(slices.Clone(r.ring[slices.Index(r.ring, name):]), name)
			r.fail(c, wrong(at, "Calendars refer to each other", "The calendar %q needs itself: %s.", name, strings.Join(ring, " -> ")))
			continue
		}
		r.resolve(other)
		c.parts, c.all = min(c.parts+other.parts, 1<<30), min(c.all+other.all, 1<<30)
		c.depth = max(c.depth, other.depth+1)
		c.broken = c.broken || other.broken
		list = append(list, other.Calendar)
	}
	return list
}
