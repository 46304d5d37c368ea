package config

import (
	"errors"
	"io/fs"
	"time"

	"butlerd/host/schedule"

	"github.com/hashicorp/hcl/v2"
)

// readICS reads the calendar file. The file is part of the meaning as file() is: what
// stands in it counts, and not where it lies.
func (c *calendar) readICS(path string) hcl.Diagnostics {
	at := written(c.content, "ics", c.block.DefRange)
	text, err := readBounded(relativeTo(c.block.source.dir, path), MaxInclude)
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		err = pe.Err // the path is in the message already
	}
	if err != nil {
		return hcl.Diagnostics{wrong(at, "Calendar file cannot be read", "Reading %s: %s.", path, err)}
	}
	c.Spans, err = schedule.ParseICS(text, schedule.ICSLimits{Bytes: MaxInclude, Spans: maxSpans, From: expandedFrom(time.Now())})
	switch {
	case err != nil:
		return hcl.Diagnostics{wrong(at, "Invalid calendar file", "In %s: %s.", path, err)}
	case len(c.Spans) == 0:
		c.Spans = []schedule.Span{never()}
		return hcl.Diagnostics{odd(at, "Empty calendar file", "There is no event in %s, so it adds no time to the calendar.", path)}
	}
	return nil
}

// never is a span that no firing is in. Without any span the calendar would be that
// of all days, and a file whose last event is over must not stop a schedule.
func never() schedule.Span {
	return schedule.Span{From: "1970-01-01T00:00:00Z", To: "1970-01-01T00:00:01Z"}
}

// expandedFrom is from when on recurring events of calendar files are written out:
// the start of the latest year that five divides, so that at least five of the ten
// years are to come, and loading a file again mostly gives the same.
func expandedFrom(now time.Time) time.Time {
	year := now.UTC().Year()
	return time.Date(year-year%5, time.January, 1, 0, 0, 0, 0, time.UTC)
}
