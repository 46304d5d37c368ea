package explain

import (
	"fmt"
	"io"
	"strings"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

// WriteText writes the explanation for people.
func (e Explanation) WriteText(w io.Writer) error {
	b := &strings.Builder{}
	name := e.ScheduleID
	if e.ScheduleName != "" && e.ScheduleName != e.ScheduleID {
		name += " (" + e.ScheduleName + ")"
	}
	fmt.Fprintf(b, "%s at %s, %s UTC\n%s\n", name, e.Local, e.At.Format("2006-01-02 15:04:05"), e.Summary)
	for _, s := range e.Sections {
		fmt.Fprintf(b, "\n%s\n", s.Title)
		for _, line := range s.Lines {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// stamp is an instant for people.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }

// span is a duration for people.
func span(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// summary is the explanation in one sentence.
func (x *explainer) summary(e Explanation) string {
	switch e.Verdict {
	case Ran:
		return "It ran" + x.ending() + "."
	case Skipped, Missed:
		return fmt.Sprintf("It was %s: %s.", e.Verdict, x.firing.Reason.Text())
	case Expected:
		if x.hold != nil {
			return fmt.Sprintf("It is to come, and will be skipped if hold %s is still in force.", x.hold.ID)
		}
		return "It is to come."
	case Waiting:
		return "It is due, and not settled yet."
	case Lacking:
		return "It was due, and the ledger does not say what became of it: run butlerd verify."
	case Deleted:
		return "It was due; what became of it was deleted by the retention."
	}
	return "No firing is due then: " + x.whyNot() + "."
}

// ending says how the run of a firing ended.
func (x *explainer) ending() string {
	if len(x.runs) == 0 {
		return "; its run was deleted by the retention"
	}
	r := x.runs[0].run
	switch {
	case r.State == run.Waiting:
		return ", and its run waits"
	case r.State == run.Running:
		return ", and its run is under way"
	case r.Reason == run.None:
		return ": " + string(r.State)
	}
	return fmt.Sprintf(": %s, for %s", r.State, r.Reason.Text())
}

// whyNot says why an instant is none.
func (x *explainer) whyNot() string {
	v := x.version
	switch {
	case v == nil && x.at.After(x.plan.latest().Since):
		return "the schedule was removed before"
	case v == nil && !x.at.After(x.plan.versions[0].Since):
		return "the schedule is not known to have been there yet"
	case v == nil:
		return "the schedule was removed then, and made again later"
	case v.unread != nil:
		return fmt.Sprintf("this program cannot read when version %d fires", v.Schedule.Version)
	case v.spec.Never():
		return x.whyNoInstant()
	case !v.Started && v.fires(x.at):
		return "the schedule was stopped"
	case !v.Started:
		return "the schedule was stopped, and does not fire at that time either"
	}
	return x.whyNoInstant()
}

// whyNoInstant says why a started version has no instant at the time.
func (x *explainer) whyNoInstant() string {
	t := x.trace
	switch {
	case x.version.spec.Never():
		return "the schedule is never due by itself: other schedules start it"
	case len(t.Matches) == 0:
		return "the schedule does not fire at that time"
	case t.Bound != nil:
		return fmt.Sprintf("it is not within the schedule's %s", t.Bound.Name)
	}
	for _, v := range t.Calendars {
		switch {
		case v.Allowed:
		case v.Exclude:
			return fmt.Sprintf("calendar %q excludes it", v.Calendar)
		default:
			return fmt.Sprintf("calendar %q does not have it", v.Calendar)
		}
	}
	return "the schedule does not fire at that time"
}

// sections are the explanation in words, in the order in which it is decided.
func (x *explainer) sections(e Explanation) []Section {
	all := []Section{
		{"Schedule", x.scheduleLines()},
		{"When", x.whenLines(e)},
		{"Holds", x.holdLines()},
		{"Ledger", x.ledgerLines(e)},
		{"Open then", x.runLines(x.open)},
		{"Run", x.runLines(x.runs)},
		{"Nearest firings", x.nearLines(e)},
	}
	var some []Section
	for _, s := range all {
		if len(s.Lines) > 0 {
			some = append(some, s)
		}
	}
	return some
}

func (x *explainer) scheduleLines() []string {
	v := x.version
	if v == nil {
		return []string{"no version was in force then: " + x.whyNot(), fmt.Sprintf("shown is version %d, made by %s", x.shown.Schedule.Version, x.shown.By)}
	}
	lines := []string{fmt.Sprintf("version %d, made by %s, in force since %s", v.Schedule.Version, v.By, stamp(v.Since))}
	if !v.Until.IsZero() {
		lines[0] += " until " + stamp(v.Until)
	}
	state := "started"
	if !v.Started {
		state = "stopped: it fires nothing"
	}
	return append(append(lines, state), x.policyLines(v)...)
}

// policyLines are the policies that may have a part in what becomes of a firing.
func (x *explainer) policyLines(v *planned) []string {
	var lines []string
	overlap := "overlap " + string(v.Overlap)
	if v.Overlap == schedule.OverlapQueue {
		overlap += fmt.Sprintf(", at most %d waiting", max(v.QueueLimit, 1))
	}
	if v.Overlap != "" {
		lines = append(lines, overlap)
	}
	if c := v.CatchUp; c != nil && c.Mode != schedule.CatchUpNone {
		lines = append(lines, fmt.Sprintf("catches up %s, within %s, at most %d", c.Mode, c.Within, c.Limit))
	}
	if r := v.Retry; r != nil {
		lines = append(lines, fmt.Sprintf("at most %d attempts, the second after %s", r.Attempts, r.Backoff))
	}
	if v.Pool != "" {
		lines = append(lines, fmt.Sprintf("needs a slot of the pool %q", v.Pool))
	}
	return lines
}

func (x *explainer) whenLines(e Explanation) []string {
	var lines []string
	if x.note != "" {
		lines = append(lines, x.note)
	}
	if x.shown.unread != nil {
		return lines
	}
	trace := x.trace
	trace.Before, trace.After = nil, nil // those of all versions follow
	lines = append(append(lines, x.shown.spec.Describe()), trace.Text()...)
	if table := x.shown.Timing().OtherTable(); table != "" {
		lines = append(lines, fmt.Sprintf("its holidays are of the table %s, and this program has %s: it may have been otherwise", table, schedule.HolidayTable))
	}
	if e.Verdict == NoFiring && trace.Fires {
		lines = append(lines, "but "+x.whyNot())
	}
	return lines
}

func (x *explainer) holdLines() []string {
	h := x.hold
	if h == nil {
		return nil
	}
	line := fmt.Sprintf("hold %s, made by %s at %s", h.ID, h.By, stamp(h.Since))
	if end := h.End(); !end.IsZero() {
		line += ", until " + stamp(end)
	}
	lines := []string{line}
	if h.Reason != "" {
		lines = append(lines, "reason: "+h.Reason)
	}
	if h.ReleasedBy != "" {
		lines = append(lines, "released by "+h.ReleasedBy)
	}
	return lines
}

func (x *explainer) nearLines(e Explanation) []string {
	if e.Verdict != NoFiring && e.Verdict != Expected {
		return nil
	}
	var lines []string
	add := func(word string, at *time.Time, none string) {
		if at == nil {
			lines = append(lines, none)
			return
		}
		line := fmt.Sprintf("%s: %s, %s", word, x.local(*at), stamp(*at))
		if mark := x.shown.spec.Mark(*at); mark != "" {
			line += " (" + mark + ")"
		}
		lines = append(lines, line)
	}
	add("before", e.Before, "before: none")
	add("after", e.After, "after: none")
	return lines
}
