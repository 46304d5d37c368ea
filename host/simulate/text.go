package simulate

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	t := &texter{w: tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)}
	t.head(r)
	t.schedules(r.Schedules)
	t.lanes("Plugins", r.Plugins)
	t.lanes("Pools", r.Pools)
	t.hours("Busiest hours", r.Zone, r.Busiest)
	t.hours("Emptiest hours", r.Zone, r.Emptiest)
	t.collisions(r.Collisions)
	t.changes(r)
	return t.w.Flush()
}

// texter writes tables. Its writer keeps the first error and gives it with Flush.
type texter struct{ w *tabwriter.Writer }

func (t *texter) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

// title begins a section: columns are of one section each.
func (t *texter) title(format string, args ...any) {
	_ = t.w.Flush() // told again by the last Flush
	t.line("\n"+format, args...)
}

func (t *texter) head(r *Report) {
	t.line("From %s to %s.", r.local(r.From).Format(time.RFC3339), r.local(r.To).Format(time.RFC3339))
	if r.TruncatedAt != nil {
		t.line("Only up to %s: beyond that it is more than one simulation plays.", r.local(*r.TruncatedAt).Format(time.RFC3339))
	}
	o := r.Totals
	t.line("%d firings: %d run, %d skipped (overlap), %d skipped (queue full), %d replaced, %d waited too long.",
		o.Firings, o.Runs, o.Skipped, o.QueueFull, o.Replaced, o.GivenUp)
	t.line("%d runs wait, %s in the mean and %s at most. At most %d run and %d wait at a time.",
		o.Waited, took(o.MeanWait), took(o.MaxWait), r.Totals.PeakRunning, r.Totals.PeakWaiting)
}

func (t *texter) schedules(list []ScheduleReport) {
	t.title("Schedules")
	t.line("SCHEDULE\tFIRINGS\tRUN\tSKIPPED\tGIVEN UP\tWAITED\tMEAN WAIT\tMAX WAIT\tTAKES\tFROM")
	for _, s := range list {
		t.line("%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s", s.ID, s.Firings, s.Runs, s.Skipped+s.QueueFull+s.Replaced, s.GivenUp,
			s.Waited, took(s.MeanWait), took(s.MaxWait), took(s.Takes), s.Source)
	}
}

func (t *texter) lanes(title string, list []LaneReport) {
	if len(list) == 0 {
		return
	}
	t.title("%s", title)
	t.line("NAME\tSLOTS\tPEAK\tUSE\tFULL\tRUNS THAT WAIT\tGIVEN UP")
	for _, l := range list {
		slots, use := fmt.Sprint(l.Slots), percent(l.Use)
		if l.Slots == 0 {
			slots, use = "no limit", fmt.Sprintf("%.2f at a time", l.Use)
		}
		t.line("%s\t%s\t%d\t%s\t%s\t%d\t%d", l.Name, slots, l.Peak, use, percent(l.Full), l.Waits, l.GivenUp)
	}
}

func (t *texter) hours(title, zone string, list []HourReport) {
	t.title("%s (%s)", title, zone)
	t.line("HOUR\tFIRINGS\tRUNNING\tPEAK")
	for _, h := range list {
		t.line("%s\t%.1f\t%.2f\t%d", h.label(), h.Firings, h.Running, h.Peak)
	}
}

func (h HourReport) label() string {
	return fmt.Sprintf("%s %02d:00-%02d:00", h.Weekday[:3], h.Hour, (h.Hour+1)%24)
}

func (t *texter) collisions(list []Collision) {
	if len(list) == 0 {
		return
	}
	t.title("Most firings at one instant")
	t.line("FIRINGS\tLOCAL\tUTC")
	for _, c := range list {
		t.line("%d\t%s\t%s", c.Firings, c.Local, c.At.Format(time.RFC3339))
	}
}

func (t *texter) changes(r *Report) {
	if r.ClockChanged == 0 {
		return
	}
	t.title("Firings that a clock change shapes: %d", r.ClockChanged)
	t.line("SCHEDULE\tLOCAL\tUTC\tWHAT")
	for _, c := range r.ClockChanges {
		t.line("%s\t%s\t%s\t%s", c.ScheduleID, c.Local, c.UTC.Format(time.RFC3339), c.Text)
	}
	if more := r.ClockChanged - int64(len(r.ClockChanges)); more > 0 {
		t.line("and %d more", more)
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// took is a number of seconds in words.
func took(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
