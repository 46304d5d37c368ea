package schedule

import (
	"fmt"
	"strings"
	"time"
)

// Text is the trace as lines that an administrator reads.
func (t Trace) Text() []string {
	lines := []string{fmt.Sprintf("%s in %s, %s", t.Local, t.Timezone, t.At.UTC().Format(time.RFC3339))}
	lines = append(lines, t.matchText()...)
	if t.Clock != nil {
		lines = append(lines, "clock change: "+t.Clock.Text())
	}
	if t.Bound != nil {
		side := "before"
		if t.Bound.Name == "ends_at" {
			side = "after"
		}
		lines = append(lines, fmt.Sprintf("%s: it is %s %s", t.Bound.Name, side, t.Bound.At.Format(time.RFC3339)))
	}
	for _, v := range t.Calendars {
		lines = append(lines, v.text())
	}
	for _, m := range t.Moves {
		lines = append(lines, m.text())
	}
	return append(lines, t.answer()...)
}

func (t Trace) matchText() []string {
	var lines []string
	for _, m := range t.Matches {
		if m.Cron != "" {
			lines = append(lines, fmt.Sprintf("cron line %q has it", m.Cron))
			continue
		}
		lines = append(lines, fmt.Sprintf("the single instant %s is it", m.At))
	}
	if lines == nil {
		lines = append(lines, "no cron line or single instant has it")
	}
	return lines
}

// text is a verdict as a line.
func (v Verdict) text() string {
	verb := "has it"
	switch {
	case v.Exclude && v.In:
		verb = "excludes it"
	case v.Exclude:
		verb = "does not exclude it"
	case !v.In:
		verb = "does not have it"
	}
	return fmt.Sprintf("calendar %q %s: %s", v.Calendar, verb, strings.Join(v.Reasons, "; "))
}

// text is a move as a line.
func (m Move) text() string {
	from := m.From.Format(time.RFC3339)
	if m.To == nil {
		return fmt.Sprintf("shift: nowhere within %d days of %s is a day that is allowed", maxShift, from)
	}
	return fmt.Sprintf("shift: %s moves to %s", from, m.To.In(m.From.Location()).Format(time.RFC3339))
}

// answer is what comes of it all.
func (t Trace) answer() []string {
	switch {
	case t.Delay != nil:
		return []string{fmt.Sprintf("it fires; jitter of up to %s delays this schedule by %s, to %s",
			seconds(t.Jitter), seconds(t.Delay.Seconds), t.Delay.StartsAt.Format(time.RFC3339))}
	case t.Fires && t.Jitter > 0:
		return []string{fmt.Sprintf("it fires, up to %s later", seconds(t.Jitter))}
	case t.Fires:
		return []string{"it fires"}
	}
	lines := []string{"it does not fire"}
	if t.Before != nil {
		lines = append(lines, "the instant before is "+t.Before.Format(time.RFC3339))
	}
	if t.After != nil {
		lines = append(lines, "the next instant is "+t.After.Format(time.RFC3339))
	}
	return lines
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
