package explain

import (
	"fmt"
	"strings"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

// ledgerLines say what the ledger has of the firing.
func (x *explainer) ledgerLines(e Explanation) []string {
	f := x.firing
	if f == nil {
		return x.unsettledLines(e.Verdict)
	}
	lines := []string{fmt.Sprintf("settled as %s at %s, %s after it was due", f.Outcome, stamp(f.SettledAt), span(f.SettledAt.Sub(f.DueAt)))}
	if f.Reason != run.None {
		lines = append(lines, fmt.Sprintf("because (%s) %s", f.Reason, f.Reason.Text()))
	}
	if f.HoldID != "" {
		lines = append(lines, "held by hold "+f.HoldID)
	}
	lines = append(lines, x.catchUpLines()...)
	if !x.owed {
		lines = append(lines, "no version of the schedule owed it: run butlerd verify")
	}
	return lines
}

func (x *explainer) unsettledLines(v Verdict) []string {
	switch v {
	case Waiting:
		return []string{"all that was due before " + stamp(x.settledUntil) + " is settled; this firing may still be claimed"}
	case Lacking:
		return []string{"all that was due before " + stamp(x.settledUntil) + " should be settled, and this firing is not"}
	case Deleted:
		return []string{"firings are kept since " + stamp(x.kept)}
	}
	return nil
}

// catchUpLines say what the catch-up policy made of a firing that an outage kept from
// running.
func (x *explainer) catchUpLines() []string {
	f, v := x.firing, x.version
	if len(x.runs) > 0 && x.runs[0].run.Trigger == run.ByCatchUp {
		return []string{"no host was there when it was due; it was caught up when one was back"}
	}
	if v == nil || f.Outcome != run.Missed || f.Reason == run.ReasonNoHost {
		return nil
	}
	if v.CatchUp == nil || v.CatchUp.Mode == schedule.CatchUpNone {
		return []string{"the schedule catches nothing up"}
	}
	return []string{fmt.Sprintf("the schedule catches up %s, due within %s, at most %d", v.CatchUp.Mode, v.CatchUp.Within, v.CatchUp.Limit)}
}

// runLines tell of runs, each from its making to its end.
func (x *explainer) runLines(list []history) []string {
	var lines []string
	for _, h := range list {
		lines = append(lines, x.made(h))
		lines = append(lines, x.waits(h)...)
		for i, a := range h.attempts {
			lines = append(lines, x.attemptLines(h, i, a)...)
		}
		lines = append(lines, x.ends(h.run)...)
		for _, c := range h.children {
			lines = append(lines, fmt.Sprintf("followed by run %s of %s: %s", c.ID, named(c), c.State))
		}
	}
	return lines
}

func named(r run.Run) string {
	if r.Step == "" {
		return fmt.Sprintf("schedule %q", r.ScheduleID)
	}
	return fmt.Sprintf("schedule %q, step %q", r.ScheduleID, r.Step)
}

// made says who has made a run.
func (x *explainer) made(h history) string {
	r := h.run
	line := fmt.Sprintf("run %s, made at %s by ", r.ID, stamp(r.CreatedAt))
	switch {
	case h.parent != nil:
		return line + fmt.Sprintf("the end of run %s of %s, which %s", h.parent.ID, named(*h.parent), past(h.parent.State))
	case r.ParentID != "":
		return line + "the end of run " + r.ParentID + ", which is not kept"
	case r.Trigger == run.ByAPI:
		return line + "a request of " + r.By
	case r.Trigger == run.ByCatchUp:
		return line + "catching up the firing due at " + stamp(r.DueAt)
	}
	return line + "the firing due at " + stamp(r.DueAt) + x.claimer(h)
}

// claimer is the host that has claimed a firing. The ledger knows it when that host
// has started the run at once.
func (x *explainer) claimer(h history) string {
	if len(h.attempts) > 0 && h.attempts[0].StartedAt.Equal(h.run.CreatedAt) {
		return ", claimed by host " + x.host(h.attempts[0].HostID)
	}
	return ""
}

func past(s run.State) string {
	switch s {
	case run.Succeeded, run.Failed:
		return string(s)
	case run.TimedOut:
		return "timed out"
	case run.Waiting, run.Running:
		return "is open"
	}
	return "was " + string(s)
}

// waits says how long a run waited for its first attempt, and what for.
func (x *explainer) waits(h history) []string {
	r := h.run
	what := "a slot of its plugin"
	if r.Pool != "" {
		what = fmt.Sprintf("a slot of the pool %q", r.Pool)
	}
	switch {
	case len(h.attempts) == 0 && r.State == run.Waiting:
		line := "it waits for " + what
		if !r.WaitUntil.IsZero() {
			line += ", until " + stamp(r.WaitUntil) + " at most"
		}
		return []string{line}
	case len(h.attempts) == 0:
		return []string{"it never started"}
	case r.StartedAt.Sub(r.CreatedAt) >= time.Millisecond:
		return []string{fmt.Sprintf("waited %s for %s, or for an earlier run", span(r.StartedAt.Sub(r.CreatedAt)), what)}
	}
	return nil
}

func (x *explainer) attemptLines(h history, i int, a run.Attempt) []string {
	line := fmt.Sprintf("attempt %d on host %s, started at %s", a.Number, x.host(a.HostID), stamp(a.StartedAt))
	if i > 0 {
		line += fmt.Sprintf(", %s after the one before", span(a.StartedAt.Sub(h.attempts[i-1].EndedAt)))
	}
	if a.EndedAt.IsZero() {
		line += ", under way"
	} else {
		line += fmt.Sprintf(", %s after %s", verb(a.State), span(a.EndedAt.Sub(a.StartedAt)))
	}
	lines := []string{line}
	if a.Resumes > 0 {
		lines = append(lines, fmt.Sprintf("  it started nothing, and looked for what became of attempt %d", a.Resumes))
	}
	if a.Reason != run.None {
		lines = append(lines, "  because "+a.Reason.Text())
	}
	if text := strings.TrimSpace(a.Error); text != "" {
		lines = append(lines, "  "+text)
	}
	return lines
}

// verb is what an attempt did at its end.
func verb(s run.State) string {
	if s == run.Cancelled || s == run.Lost {
		return "was " + string(s)
	}
	return past(s)
}

// ends says how a run ended, or what it waits for.
func (x *explainer) ends(r run.Run) []string {
	switch {
	case r.State == run.Waiting && r.Resume > 0:
		return []string{fmt.Sprintf("another attempt will look for what became of attempt %d", r.Resume)}
	case r.State == run.Waiting && r.Attempts > 0:
		return []string{"another attempt follows at " + stamp(r.ReadyAt)}
	case r.EndedAt.IsZero():
		return nil
	}
	line := fmt.Sprintf("%s at %s", past(r.State), stamp(r.EndedAt))
	if r.Reason != run.None && r.Attempts == 0 {
		line += ": " + r.Reason.Text()
	}
	if r.Summary != "" {
		line += ": " + r.Summary
	}
	return []string{line}
}
