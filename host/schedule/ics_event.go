package schedule

import (
	"strings"
	"time"
)

// icsReader collects the events of a file.
type icsReader struct {
	open   []string // the components that are open, outermost first
	seen   bool     // VCALENDAR
	events []*icsEvent
	zones  map[string]*time.Location
}

// icsEvent is a VEVENT.
type icsEvent struct {
	uid        string
	line       int // of its BEGIN
	start, end icsTime
	hasStart   bool
	hasEnd     bool
	days, rest int64 // of a DURATION: days on the wall, and elapsed seconds
	hasLength  bool
	rule       *icsRule
	except     map[string]bool
	excepted   []icsNamed // the same as they were written
	replaces   *icsNamed  // the start of the occurrence that it takes the place of
	cancelled  bool
}

// icsNamed is the start of an occurrence that a line names.
type icsNamed struct {
	at   icsTime
	line icsLine
}

// of refuses a start of another kind than that of the event: it is none of its
// occurrences, and would be without effect.
func (n icsNamed) of(start icsTime) error {
	if n.at.sameKind(start) {
		return nil
	}
	return n.line.wrong("it is of another kind than the DTSTART of its event, which is " + start.kind())
}

// line reads one content line.
func (r *icsReader) line(l icsLine) error {
	switch l.name {
	case "BEGIN":
		return r.begin(l)
	case "END":
		return r.finish(l)
	}
	switch strings.Join(r.open, "/") {
	case "":
		return l.wrong("it stands outside of a VCALENDAR")
	case "VCALENDAR":
		if l.name == "CALSCALE" && !strings.EqualFold(l.value, "GREGORIAN") {
			return l.wrong("only GREGORIAN is understood")
		}
	case "VCALENDAR/VEVENT":
		return r.events[len(r.events)-1].property(l, r)
	}
	return nil
}

// begin opens a component. Definitions of zones are not read, as zones are known by
// name; alarms do not bear on the time of an event.
func (r *icsReader) begin(l icsLine) error {
	name := strings.ToUpper(l.value)
	inside := strings.Join(r.open, "/")
	switch {
	case inside == "" && name == "VCALENDAR":
		r.seen = true
	case inside == "VCALENDAR" && name == "VEVENT":
		r.events = append(r.events, &icsEvent{line: l.number, except: map[string]bool{}})
	case inside == "VCALENDAR" && name == "VTIMEZONE", inside == "VCALENDAR/VEVENT" && name == "VALARM":
	case inside == "VCALENDAR/VTIMEZONE" && (name == "STANDARD" || name == "DAYLIGHT"):
	default:
		return l.wrong(name + " is not understood here; only events are read")
	}
	r.open = append(r.open, name)
	return nil
}

// finish closes a component.
func (r *icsReader) finish(l icsLine) error {
	last := len(r.open) - 1
	if last < 0 || !strings.EqualFold(r.open[last], l.value) {
		return l.wrong("nothing of this name was begun last")
	}
	r.open = r.open[:last]
	if strings.EqualFold(l.value, "VEVENT") {
		return r.events[len(r.events)-1].check()
	}
	return nil
}

// timeless lists the properties that do not bear on the time of an event.
const timeless = " UID DTSTAMP SUMMARY DESCRIPTION LOCATION CLASS CREATED LAST-MODIFIED SEQUENCE TRANSP URL CATEGORIES GEO PRIORITY " +
	"ORGANIZER ATTENDEE CONTACT COMMENT ATTACH RELATED-TO RESOURCES REQUEST-STATUS COLOR IMAGE CONFERENCE REFRESH-INTERVAL SOURCE NAME " +
	"STYLED-DESCRIPTION STRUCTURED-DATA PARTICIPANT LOCATION-TYPE CONCEPT LINK REFID "

// property reads a property of an event.
func (e *icsEvent) property(l icsLine, r *icsReader) (err error) {
	switch l.name {
	case "UID":
		e.uid = l.value
	case "DTSTART":
		e.start, err = r.time(l, l.value)
		return onceOnly(l, &e.hasStart, err)
	case "DTEND":
		e.end, err = r.time(l, l.value)
		return onceOnly(l, &e.hasEnd, err)
	case "DURATION":
		e.days, e.rest, err = icsDuration(l)
		return onceOnly(l, &e.hasLength, err)
	case "RRULE":
		had := e.rule != nil
		e.rule, err = r.rule(l)
		return onceOnly(l, &had, err)
	case "EXDATE":
		return e.exclude(l, r)
	case "RECURRENCE-ID":
		if l.params["RANGE"] != "" {
			return l.wrong("a RANGE is not understood")
		}
		at, err := r.time(l, l.value)
		had := e.replaces != nil
		e.replaces = &icsNamed{at, l}
		return onceOnly(l, &had, err)
	case "STATUS":
		e.cancelled = strings.EqualFold(l.value, "CANCELLED")
	default:
		if !strings.HasPrefix(l.name, "X-") && !strings.Contains(timeless, " "+l.name+" ") {
			return l.wrong("it is not understood, and may bear on the time of the event")
		}
	}
	return nil
}

// onceOnly refuses a property that an event has already.
func onceOnly(l icsLine, had *bool, err error) error {
	if err == nil && *had {
		return l.wrong("the event has another one")
	}
	*had = true
	return err
}

func (e *icsEvent) exclude(l icsLine, r *icsReader) error {
	for text := range strings.SplitSeq(l.value, ",") {
		at, err := r.time(l, text)
		if err != nil {
			return err
		}
		e.except[at.text()] = true
		e.excepted = append(e.excepted, icsNamed{at, l})
	}
	return nil
}

// checkReplaced holds each RECURRENCE-ID to the DTSTART of the event that recurs: its
// own event may have moved to another kind of time.
func (r *icsReader) checkReplaced() error {
	recurs := map[string]*icsEvent{}
	for _, e := range r.events {
		if e.replaces == nil && e.hasStart {
			recurs[e.uid] = e
		}
	}
	for _, e := range r.events {
		if e.replaces == nil || recurs[e.uid] == nil {
			continue
		}
		if err := e.replaces.of(recurs[e.uid].start); err != nil {
			return err
		}
	}
	return nil
}

// check holds what the properties of an event must be together.
func (e *icsEvent) check() error {
	wrong := func(property, reason string) error {
		return &ICSError{Line: e.line, Property: property, Reason: reason}
	}
	switch {
	case e.cancelled && !e.hasStart:
		return nil
	case !e.hasStart:
		return wrong("DTSTART", "the event that begins here has none")
	case e.hasEnd && e.hasLength:
		return wrong("DURATION", "the event that begins here has a DTEND too")
	case e.hasEnd && !e.end.sameKind(e.start):
		return wrong("DTEND", "it is of another kind than the DTSTART of the event that begins here")
	case e.hasLength && e.start.date && e.rest != 0:
		return wrong("DURATION", "the event that begins here is of whole days, and this is not")
	case !e.hasEnd && !e.hasLength && !e.start.date:
		return wrong("DTEND", "the event that begins here has neither this nor a DURATION")
	case !e.hasEnd && !e.hasLength:
		e.days = 1
	}
	for _, x := range e.excepted {
		if err := x.of(e.start); err != nil {
			return err
		}
	}
	s := e.span(e.start)
	if err := e.bounded(s); err != nil {
		return err
	}
	if s.To <= s.From {
		return wrong("DTEND", "the event that begins here does not end after its start")
	}
	return nil
}
