package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// describe is Describe for all that is more than one cron line.
func (c *composite) describe() string {
	var parts []string
	zone := ", " + c.loc.String()
	for _, line := range c.lines {
		parts = append(parts, strings.TrimSuffix(line.Describe(), zone))
	}
	parts = append(parts, c.describeSingles()...)
	text := strings.Join(parts, "; and ") + zone
	if names := calendarNames(c.in); names != "" {
		text += "; only in " + names
	}
	if names := calendarNames(c.out); names != "" {
		text += "; not in " + names
	}
	if c.moves {
		text += ", but then on the " + map[Shift]string{ShiftNext: "next", ShiftPrevious: "last"}[c.more.Shift] + " day that is allowed"
	}
	if from := c.more.StartsAt; from != nil {
		text += "; from " + from.In(c.loc).Format(time.RFC3339)
	}
	if to := c.more.EndsAt; to != nil {
		text += "; until " + to.In(c.loc).Format(time.RFC3339)
	}
	if c.more.Jitter > 0 {
		text += "; each up to " + interval(int64(c.more.Jitter/time.Second)) + " later"
	}
	return text
}

// describeSingles lists the single instants, if they are few.
func (c *composite) describeSingles() []string {
	if len(c.singles) > maxListed {
		return []string{fmt.Sprintf("once at each of %d times from %s to %s", len(c.singles), c.singles[0].text, c.singles[len(c.singles)-1].text)}
	}
	var list []string
	for _, s := range c.singles {
		list = append(list, strings.Replace(s.text, "T", " at ", 1))
	}
	if list == nil {
		return nil
	}
	return []string{"once on " + sentence(list)}
}

func calendarNames(areas []*area) string {
	var names []string
	for _, a := range areas {
		names = append(names, fmt.Sprintf("%q", a.calendar.Name))
	}
	return sentence(names)
}

// warnings is Warnings for all that is more than one cron line.
func (c *composite) warnings(s *Spec) []string {
	var list []string
	for _, line := range c.lines {
		list = append(list, line.Warnings()...)
	}
	for _, one := range c.singles {
		if change := s.clock(one.at); change != nil {
			list = append(list, fmt.Sprintf("%s: %s", one.text, change.Text()))
		}
	}
	if _, ok := s.next(time.Now().Unix()); !ok && !s.Never() {
		list = append(list, "it does not fire from now on: no instant is left that the bounds and the calendars allow")
	}
	slices.Sort(list)
	return slices.Compact(list)
}
