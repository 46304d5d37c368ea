package audit

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"butlerd/host/schedule"
)

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer) error {
	b := &strings.Builder{}
	r.writeScope(b)
	r.writeFindings(b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Report) writeScope(b *strings.Builder) {
	t := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	if r.From == nil {
		row("checked", "no instants: nothing was due in the interval, as far as it is settled")
	} else {
		row("checked", "%s to %s", r.From.Format(time.RFC3339), r.To.Format(time.RFC3339))
	}
	if r.KeptSince != nil {
		row("kept since", "%s; what was before was deleted by the retention, and is not checked", r.KeptSince.Format(time.RFC3339))
	}
	row("schedules", "%d", r.Schedules)
	row("owed", "%d", r.Owed)
	row("settled", "%d", r.Settled)
	if text := tally(r.Outcomes); text != "" {
		row("outcomes", "%s", text)
	}
	if text := tally(r.Reasons); text != "" {
		row("reasons", "%s", text)
	}
	row("runs", "%d", r.Runs)
	if r.Pending > 0 {
		row("pending", "%d, which may still be claimed", r.Pending)
	}
	if r.NotCompared > 0 {
		row("not compared", "%d versions, whose holidays are of another table than %s, which this program has", r.NotCompared, schedule.HolidayTable)
	}
	row("seals", "%s", r.Seals)
	_ = t.Flush() // a strings.Builder takes everything
}

// String says what there is of seals.
func (s SealReport) String() string {
	if s.Count == 0 {
		return "none yet"
	}
	return fmt.Sprintf("%d days, %s to %s, %d compared with their firings; the latest is %s, which proves them when it is kept elsewhere", s.Count, *s.FirstDay, *s.LastDay, s.Checked, *s.LastHash)
}

func (r Report) writeFindings(b *strings.Builder) {
	if r.OK {
		fmt.Fprint(b, "\nNothing missed, nothing doubled, nothing unexplained, nothing edited.\n")
		return
	}
	fmt.Fprintf(b, "\nOff: %s\n", tally(r.Kinds))
	for _, f := range r.Findings {
		fmt.Fprintf(b, "%s\n", f)
	}
	if more := r.Found - int64(len(r.Findings)); more > 0 {
		fmt.Fprintf(b, "and %d more\n", more)
	}
}

// String is the finding in one line.
func (f Finding) String() string {
	parts := []string{string(f.Kind)}
	if f.Day != nil {
		parts = append(parts, "day "+*f.Day)
	}
	if f.ScheduleID != nil {
		parts = append(parts, fmt.Sprintf("%q", *f.ScheduleID))
	}
	if f.DueAt != nil {
		parts = append(parts, f.DueAt.Format(time.RFC3339Nano))
	}
	if f.Local != nil {
		parts = append(parts, "("+*f.Local+")")
	}
	if f.Version != nil {
		parts = append(parts, fmt.Sprintf("version %d", *f.Version))
	}
	return strings.Join(parts, " ") + ": " + f.Text
}

// tally writes counts in one line, the largest first, those of zero left out.
func tally[K ~string](counts map[K]int64) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, k := range keys {
		if counts[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[k], cmp.Or(string(k), "without a reason")))
		}
	}
	return strings.Join(parts, ", ")
}
