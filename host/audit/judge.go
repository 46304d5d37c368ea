package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"butlerd/host/dispatch"
	"butlerd/host/run"
	"butlerd/host/store"
)

// fault is one thing that is off at an instant.
type fault struct {
	kind Kind
	text string
}

func faultf(kind Kind, format string, args ...any) []fault {
	return []fault{{kind, fmt.Sprintf(format, args...)}}
}

// finding makes one finding of all that is off at an instant, of the kind of the
// first.
func (c *cell) finding(off []fault) Finding {
	texts := make([]string, len(off))
	for i, f := range off {
		texts[i] = f.text
	}
	f := Finding{Kind: off[0].kind, ScheduleID: &c.id, DueAt: utcOrNil(c.at), Text: strings.Join(texts, "; ")}
	in := c.owed
	if in == nil && c.lineage != nil {
		in = c.lineage.at(c.at)
	}
	if in != nil {
		f.Version = &in.Version.Version
	}
	if in != nil && in.spec != nil {
		local := c.at.In(in.spec.Location()).Format(time.RFC3339)
		f.Local = &local
	}
	return f
}

// judge says what is off at an instant.
func (v *verifier) judge(c *cell) []fault {
	if c.owed == nil && c.lineage != nil {
		c.find()
	}
	switch {
	case len(c.firings) > 1:
		return faultf(Doubled, "it was settled %d times", len(c.firings))
	case len(c.firings) == 1:
		return slices.Concat(v.judgeOwed(c), judgeReason(c.firings[0]), v.judgeHold(c), judgeRuns(c))
	case c.owed == nil && c.unreadable():
		return nil
	case c.owed == nil:
		return faultf(Unexplained, "there is a run, %s, of a firing that was never settled, nor owed: %s", runIDs(c.runs), c.why())
	case len(c.runs) > 0:
		return faultf(Missing, "it was owed and is not settled, though there is a run of it, %s", runIDs(c.runs))
	case v.pending(c):
		v.report.Pending++
		return nil
	}
	return faultf(Missing, "it was owed and is not settled: it neither ran, nor is there a reason why not")
}

// find looks for the version that owes the instant, which may lie beyond what was
// gone through.
func (c *cell) find() {
	if f := c.lineage.at(c.at); f != nil && f.owes(c.at) {
		c.owed = f
	}
}

// unreadable says that nobody can tell whether the instant is owed.
func (c *cell) unreadable() bool {
	f := c.force()
	return f != nil && f.unreadable()
}

// force is the version in force at the instant; nil when none was.
func (c *cell) force() *force {
	if c.lineage == nil {
		return nil
	}
	return c.lineage.at(c.at)
}

// why says why no version owes the instant.
func (c *cell) why() string {
	f := c.force()
	switch {
	case f == nil:
		return "no version of the schedule was in force then"
	case !f.Started:
		return fmt.Sprintf("version %d, in force then, was stopped", f.Version.Version)
	}
	return fmt.Sprintf("version %d, in force then, does not fire at that time", f.Version.Version)
}

// pending says that an instant may still be claimed, or recorded as missed by a host
// that looks for what others left.
func (v *verifier) pending(c *cell) bool {
	wait := max(c.owed.Definition.Placement.Patience()+2*dispatch.SweepEvery, v.opts.LateLimit)
	return c.at.Add(delayOf(c.owed.spec) + wait).After(v.settledUntil)
}

func (v *verifier) judgeOwed(c *cell) []fault {
	f := c.firings[0]
	switch {
	case c.owed == nil && c.unreadable():
		return nil
	case c.owed == nil:
		return faultf(Unexplained, "%s, and was not owed: %s", settledAs(f), c.why())
	case f.Version != c.owed.Version.Version:
		return faultf(Unexplained, "it is settled under version %d, and version %d owed it", f.Version, c.owed.Version.Version)
	case f.SettledAt.Before(f.DueAt.Add(-slack)):
		return faultf(Unexplained, "it is settled at %s, before it was due", clock(f.SettledAt))
	case f.SettledAt.After(v.opts.Now().Add(time.Minute)):
		return faultf(Unexplained, "it is settled at %s, which is yet to come", clock(f.SettledAt))
	}
	return nil
}

// reasons are what may be the reason of an outcome.
var reasons = map[run.Outcome][]run.Reason{
	run.Ran:     {run.None},
	run.Skipped: {run.ReasonOverlap, run.ReasonStopped, run.ReasonHeld, run.ReasonQueue},
	run.Missed:  {run.ReasonHostDown, run.ReasonLate, run.ReasonNoHost, run.ReasonTooOld, run.ReasonTooMany},
}

func judgeReason(f run.Firing) []fault {
	allowed, known := reasons[f.Outcome]
	switch {
	case !known:
		return faultf(Unexplained, "there is no outcome %q", f.Outcome)
	case slices.Contains(allowed, f.Reason):
		return nil
	case f.Reason == run.None:
		return faultf(Unexplained, "it is %s without a reason", f.Outcome)
	}
	return faultf(Unexplained, "it is %s, and %q is no reason for that", f.Outcome, f.Reason)
}

// judgeHold holds a firing to the holds that were in force.
func (v *verifier) judgeHold(c *cell) []fault {
	f := c.firings[0]
	held := f.Reason == run.ReasonHeld
	if held == (f.HoldID == "") {
		if held {
			return faultf(Unexplained, "it is held, and does not say by which hold")
		}
		return faultf(Unexplained, "it names hold %s, and %s", f.HoldID, settledAs(f))
	}
	if held {
		return v.judgeHeld(c)
	}
	if c.owed == nil || f.Outcome == run.Missed || f.Reason == run.ReasonStopped {
		return nil // these come before holds
	}
	if h, ok := store.Holding(v.holds, c.id, c.owed.Tags, c.at); ok {
		return faultf(Unexplained, "%s, though hold %s was in force", settledAs(f), h.ID)
	}
	return nil
}

func (v *verifier) judgeHeld(c *cell) []fault {
	id := c.firings[0].HoldID
	i := slices.IndexFunc(v.holds, func(h store.Hold) bool { return h.ID == id })
	if i < 0 {
		return faultf(Unexplained, "it is held by hold %s, which there is not", id)
	}
	h := v.holds[i]
	if !h.InForce(c.at) {
		return faultf(Unexplained, "it is held by hold %s, which was not in force when it was due", id)
	}
	if c.owed != nil && !h.Covers(c.id, c.owed.Tags) {
		return faultf(Unexplained, "it is held by hold %s, which is not of this schedule", id)
	}
	return nil
}

// judgeRuns holds a firing to the runs that were made for it.
func judgeRuns(c *cell) []fault {
	f := c.firings[0]
	switch {
	case f.Outcome != run.Ran && len(c.runs) > 0:
		return faultf(Doubled, "%s, and yet there is a run of it, %s", settledAs(f), runIDs(c.runs))
	case f.Outcome != run.Ran && f.RunID != "":
		return faultf(Unexplained, "%s, and names run %s", settledAs(f), f.RunID)
	case f.Outcome != run.Ran:
		return nil
	case len(c.runs) == 0:
		return faultf(Unexplained, "it ran, and its run %s is not there", f.RunID)
	case len(c.runs) > 1:
		return faultf(Doubled, "it has %d runs, %s", len(c.runs), runIDs(c.runs))
	case c.runs[0].RunID != f.RunID:
		return faultf(Doubled, "it is settled with run %q, and there is another run of it, %s", f.RunID, c.runs[0].RunID)
	case c.runs[0].Version != f.Version:
		return faultf(Doubled, "it is settled under version %d, and its run is of version %d", f.Version, c.runs[0].Version)
	case c.runs[0].Trigger != run.ByFiring && c.runs[0].Trigger != run.ByCatchUp:
		return faultf(Doubled, "its run %s was made by the trigger %q", f.RunID, c.runs[0].Trigger)
	}
	return nil
}

// settledAs is what the ledger says of a firing, as a clause.
func settledAs(f run.Firing) string {
	switch {
	case f.Outcome == run.Ran && f.Reason == run.None:
		return "it ran"
	case f.Reason == run.None:
		return fmt.Sprintf("it is %s", f.Outcome)
	}
	return fmt.Sprintf("it is %s (%s)", f.Outcome, f.Reason)
}

func runIDs(runs []store.FiringRun) string {
	ids := make([]string, len(runs))
	for i, r := range runs {
		ids[i] = r.RunID
	}
	return strings.Join(ids, " and ")
}
