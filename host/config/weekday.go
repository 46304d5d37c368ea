package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// weekdays are the names of the days of a week.
func weekdays() []string { return []string{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"} }

// days writes out ranges of weekdays.
func (c *calendar) days() hcl.Diagnostics {
	var diags hcl.Diagnostics
	in := make(map[string]bool)
	for i, text := range c.Weekdays {
		list, reason := weekdaysOf(text)
		if reason != "" {
			diags = append(diags, wrong(c.textAt("weekdays", i), "Invalid weekday", "%s", reason))
		}
		for _, name := range list {
			in[name] = true
		}
	}
	c.Weekdays = nil
	for _, name := range weekdays() {
		if in[name] {
			c.Weekdays = append(c.Weekdays, name)
		}
	}
	return diags
}

// weekdaysOf reads a weekday or a range of them, which may go on over Sunday.
func weekdaysOf(text string) (list []string, reason string) {
	names := weekdays()
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	from, to := slices.Index(names, strings.ToUpper(first)), slices.Index(names, strings.ToUpper(last))
	if from < 0 || to < 0 {
		return nil, fmt.Sprintf("%q must be a weekday or a range of them, such as \"MON\" or \"MON-FRI\".%s", text, didYouMean(strings.ToUpper(text), names))
	}
	for i := from; ; i = (i + 1) % len(names) {
		list = append(list, names[i])
		if i == to {
			return list, ""
		}
	}
}
