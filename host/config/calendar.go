package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// The bounds of calendars. Each schedule carries its own whole, with all that they
// include, in every version that is kept.
const (
	maxCalendarParts = 2000 // days, windows, spans and so on
	maxCalendarDepth = 8    // of calendars in calendars
	maxCalendars     = 100  // in one another, each as often as it is named
	maxSpans         = 1000 // of one ICS file
)

// calendar is a calendar block.
type calendar struct {
	declaration
	schedule.Calendar
	include []string
	exclude []string
	state   int
	parts   int // with those of the calendars in it
	all     int // the calendars in it, itself included
	depth   int
	broken  bool // said already
}

func calendarGrammar() grammar {
	return grammar{
		shape: ownShape(schema.Body{Attributes: []schema.Attribute{{Name: "ics", Type: schema.String}}}),
		raw:   []string{"holidays", "dates", "weekdays", "windows", "include", "exclude"},
	}
}

// calendarBlocks evaluates all calendar blocks, and makes each complete in itself.
func (l *loader) calendarBlocks() hcl.Diagnostics {
	g := calendarGrammar()
	l.calendars = make(map[string]*calendar)
	var diags hcl.Diagnostics
	var order []*calendar
	for _, b := range l.blocks["calendar"] {
		c, found := l.calendar(g, b)
		c.broken = found.HasErrors()
		diags = append(diags, found...)
		l.calendars[b.label()] = c
		order = append(order, c)
	}
	r := resolution{calendars: l.calendars, names: slices.Sorted(maps.Keys(l.calendars))}
	for _, c := range order {
		r.resolve(c)
	}
	return append(diags, r.diags...)
}

// calendar evaluates one calendar block but for the calendars that it names.
func (l *loader) calendar(g grammar, b block) (*calendar, hcl.Diagnostics) {
	ctx := l.scope.of(b.source)
	content, diags := g.content(b.Body)
	m, found := g.members(content, ctx, l.sources)
	diags = append(append(diags, nameOf(b)...), found...)
	c := &calendar{declaration: declaration{l.sources, b, content, ctx}}
	c.Name = b.label()
	for name, to := range map[string]*[]string{
		"holidays": &c.Holidays, "dates": &c.Dates, "weekdays": &c.Weekdays, "windows": &c.Windows,
		"include": &c.include, "exclude": &c.exclude,
	} {
		list, found := texts(content, name, ctx)
		*to, diags = list, append(diags, found...)
	}
	if diags.HasErrors() {
		return c, diags
	}
	_, ics := m.get("ics")
	if !ics && c.count() == 0 && len(c.include)+len(c.exclude) == 0 {
		return c, append(diags, wrong(b.DefRange, "Empty calendar",
			"A calendar needs at least one of dates, holidays, ics, weekdays, windows, include and exclude."))
	}
	if len(c.Holidays) > 0 {
		c.HolidayTable = schedule.HolidayTable
	}
	diags = append(diags, c.countries()...)
	diags = append(diags, c.days()...)
	if ics {
		diags = append(diags, c.readICS(m.text("ics"))...)
	}
	if !diags.HasErrors() {
		diags = append(diags, c.check()...)
	}
	return c, diags
}

// count is how many parts the calendar has of its own.
func (c *calendar) count() int {
	return len(c.Dates) + len(c.Holidays) + len(c.Spans) + len(c.Weekdays) + len(c.Windows)
}

// textAt is where the i-th element of one of its attributes is written.
func (c *calendar) textAt(name string, i int) hcl.Range {
	return textAt(c.content, name, i, c.ctx, c.block.DefRange)
}

// countries checks the countries of holidays.
func (c *calendar) countries() hcl.Diagnostics {
	known := schedule.HolidayCountries()
	if len(c.Holidays) > len(known) { // one is there twice at least
		return hcl.Diagnostics{wrong(written(c.content, "holidays", c.block.DefRange), "Too many countries",
			"There are %d; the public holidays of %d are known.", len(c.Holidays), len(known))}
	}
	var diags hcl.Diagnostics
	for i, code := range c.Holidays {
		switch {
		case slices.Index(c.Holidays, code) < i:
			diags = append(diags, wrong(c.textAt("holidays", i), "Duplicate country", "The country %q is in the list already.", code))
			continue
		case slices.Contains(known, code):
			continue
		}
		hint := fmt.Sprintf(" The %d that are known are ISO 3166 codes, such as \"SE\".", len(known))
		if upper := strings.ToUpper(code); slices.Contains(known, upper) {
			hint = fmt.Sprintf(" Did you mean %q?", upper)
		}
		diags = append(diags, wrong(c.textAt("holidays", i), "Unknown country", "No public holidays are known of %q.%s", code, hint))
	}
	return diags
}

// check has the schedule package check what is in the calendar itself.
func (c *calendar) check() hcl.Diagnostics {
	err := c.Calendar.Check()
	if err == nil {
		return nil
	}
	at := c.block.DefRange
	var te *schedule.TimingError
	if errors.As(err, &te) {
		err = te.Err
		if part := member.FindStringSubmatch(te.Member); part != nil {
			name := part[1]
			if name == "spans" {
				name = "ics"
			}
			i, _ := strconv.Atoi(part[2]) // 0 when there is none
			at = c.textAt(name, i)
		}
	}
	return hcl.Diagnostics{wrong(at, "Invalid calendar", "%s.", sentence(err))}
}

// calendarsOf evaluates which calendars a draft heeds.
func (b *drafting) calendarsOf(d *draft, m members, more *schedule.More) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for name, to := range map[string]*[]schedule.Calendar{"calendar": &more.Calendars, "exclude": &more.Exclude} {
		names, found := named(d.at.content, name, "calendar", b.calendarNames, d.at.ctx)
		if diags = append(diags, found...); found.HasErrors() {
			continue
		}
		for _, n := range names {
			*to = append(*to, b.loader.calendars[n].Calendar)
		}
	}
	shift := schedule.Shift(m.text("shift"))
	if shift != "" && len(more.Calendars)+len(more.Exclude) == 0 && !diags.HasErrors() {
		diags = append(diags, wrong(written(d.at.content, "shift", d.at.block.DefRange), "Nothing to shift for",
			"\"shift\" says what becomes of an instant that the calendars do not allow; set calendar or exclude too."))
	}
	if shift != schedule.ShiftSkip {
		more.Shift = shift
	}
	return diags
}
