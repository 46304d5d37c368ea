package shadow

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// String is a line about a finding, for people.
func (f Finding) String() string {
	task := cmp.Or(f.TaskName, f.TaskID)
	switch f.State {
	case Matched:
		return fmt.Sprintf("%s matched %q: task %q started %s (%s)", stamp(*f.DueAt), f.ScheduleID, task, stamp(*f.StartedAt), lagText(f.lag))
	case Merged:
		return fmt.Sprintf("%s merged  %q: %s (task %q, started %s)", stamp(*f.DueAt), f.ScheduleID, f.Note, task, stamp(*f.StartedAt))
	case Extra:
		return fmt.Sprintf("%s extra   task %q was started, and no schedule asked for it", stamp(*f.StartedAt), task)
	}
	return fmt.Sprintf("%s %-7s %q: task %q was not started", stamp(*f.DueAt), f.State, f.ScheduleID, task)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func lagText(lag time.Duration) string {
	if lag < 0 {
		return fmt.Sprintf("%.1fs early", -lag.Seconds())
	}
	return fmt.Sprintf("%.1fs late", lag.Seconds())
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	r.writeTime(&b)
	r.writeSchedules(&b)
	for _, s := range r.Schedules {
		r.writeSchedule(&b, s)
	}
	for _, t := range r.Extra {
		fmt.Fprintf(&b, "\nExtra: task %q (%s) was started %d times without a schedule that asks for it, first %s, last %s%s.\n",
			cmp.Or(t.TaskName, t.TaskID), t.TaskID, t.Starts, stamp(t.First), stamp(t.Last), t.remark())
	}
	for _, l := range r.NotCompared {
		fmt.Fprintf(&b, "\nNot compared: schedule %q: %s.\n", l.ID, l.Why)
	}
	r.writeVerdict(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (t TaskReport) remark() string {
	switch {
	case t.Allowed:
		return "; that is allowed"
	case t.Regular:
		return "; that looks like a schedule"
	}
	return ""
}

func (r *Report) writeTime(b *strings.Builder) {
	if r.From == nil {
		b.WriteString("Nothing was observed yet.\n")
		return
	}
	fmt.Fprintf(b, "Observed from %s to %s (%s), tolerance %s.\n", stamp(*r.From), stamp(*r.To), r.To.Sub(*r.From).Round(time.Second),
		time.Duration(r.ToleranceSeconds*float64(time.Second)))
	if r.ClockBehindSeconds > 0 {
		fmt.Fprintf(b, "The clock of Qlik Sense is behind that of this host, by %.0fs or more.\n", r.ClockBehindSeconds)
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(b, "Left out: %s to %s: %s.\n", stamp(g.From), stamp(g.To), g.Why)
	}
}

func (r *Report) writeSchedules(b *strings.Builder) {
	if len(r.Schedules) == 0 {
		return
	}
	b.WriteString("\n")
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SCHEDULE\tCRON\tTIME ZONE\tEXPECTED\tMATCHED\tMISSING\tMERGED\tLAG P50\tLAG MAX")
	for _, s := range r.Schedules {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", s.ID, s.Cron, s.Timezone, s.Expected, s.Matched, s.Missing, s.Merged,
			secondsText(s.LagP50Seconds), secondsText(s.LagMaxSeconds))
	}
	_ = w.Flush() // to memory
}

func secondsText(s *float64) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%.1fs", *s)
}

// writeSchedule tells what is special about a schedule.
func (r *Report) writeSchedule(b *strings.Builder, s ScheduleReport) {
	if s.Missing > 0 {
		fmt.Fprintf(b, "\nSchedule %q: %d missing, due first %s and last %s.\n", s.ID, s.Missing, stamp(*s.FirstMismatch), stamp(*s.LastMismatch))
	}
	if s.Explanation != "" {
		fmt.Fprintf(b, "Schedule %q: %s.\n", s.ID, s.Explanation)
	}
	if s.Unseen > 0 {
		fmt.Fprintf(b, "Schedule %q: %d instants are left out, nothing is known of their time.\n", s.ID, s.Unseen)
	}
	if s.Expected == 0 && s.NextDue != nil {
		fmt.Fprintf(b, "Schedule %q was not due; its next instant is %s.\n", s.ID, stamp(*s.NextDue))
	}
}

func (r *Report) writeVerdict(b *strings.Builder) {
	if r.Parity {
		fmt.Fprintf(b, "\nParity: yes, over %s.\n", r.To.Sub(*r.From).Round(time.Second))
		return
	}
	b.WriteString("\nParity: no.\n")
	for _, why := range r.Why {
		fmt.Fprintf(b, "  - %s\n", why)
	}
}
