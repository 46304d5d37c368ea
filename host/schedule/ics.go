package schedule

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"
)

// ICSLimits bound what ParseICS reads.
type ICSLimits struct {
	Bytes int // of the file; 0: 4 MiB
	Spans int // that it makes; 0: 20,000, as many as a Calendar takes
	// From says from when on events that recur are of interest: from the start of the
	// year before it until the start of the tenth year after it. Only its year
	// matters, or the same file would be another calendar each day. The zero time:
	// each event counts from its own start.
	From time.Time
}

// horizonYears is how far ahead recurring events are expanded.
const horizonYears = 10

// ICSError says what ParseICS does not understand, and where.
type ICSError struct {
	Line     int    // the first is 1
	Property string // "RRULE"; empty when the line has none
	Reason   string
}

// Error gives the line, the property and the reason.
func (e *ICSError) Error() string {
	if e.Property == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d, %s: %s", e.Line, e.Property, e.Reason)
}

// ParseICS reads the events of a calendar file (RFC 5545) as spans, in the order of
// time. Days and times without a zone become times on the wall; a TZID must be an IANA
// name. Of recurrences it knows DAILY, WEEKLY with BYDAY, MONTHLY and YEARLY with one
// day, INTERVAL, COUNT, UNTIL, EXDATE and RECURRENCE-ID. What bears on the time of an
// event and is not understood is a *[ICSError]; nothing is left out in silence.
func ParseICS(data []byte, limits ICSLimits) ([]Span, error) {
	limits.Bytes = cmp.Or(limits.Bytes, 4<<20)
	limits.Spans = cmp.Or(limits.Spans, maxSpans)
	if len(data) > limits.Bytes {
		return nil, fmt.Errorf("the calendar file is longer than %d bytes", limits.Bytes)
	}
	lines, err := icsLines(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	r := icsReader{zones: map[string]*time.Location{}}
	for _, l := range lines {
		if err := r.line(l); err != nil {
			return nil, err
		}
	}
	if len(r.open) > 0 || !r.seen {
		return nil, &ICSError{Line: max(1, bytes.Count(data, []byte("\n"))), Reason: "the file ends before END:VCALENDAR"}
	}
	return r.spans(limits)
}

// spans expands all events.
func (r *icsReader) spans(limits ICSLimits) ([]Span, error) {
	if err := r.checkReplaced(); err != nil {
		return nil, err
	}
	replaced := map[string]bool{} // uid and start of occurrences that have an event of their own
	for _, e := range r.events {
		if e.replaces != nil {
			replaced[e.uid+"\n"+e.replaces.at.text()] = true
		}
	}
	left := icsLeft{spans: limits.Spans, steps: maxSteps}
	var list []Span
	for _, e := range r.events {
		if e.cancelled {
			continue
		}
		found, err := e.expand(limits, &left, func(start string) bool {
			return e.replaces == nil && replaced[e.uid+"\n"+start]
		})
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	slices.SortFunc(list, func(a, b Span) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return slices.Compact(list), nil
}
