package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"butlerd/host/run"
)

// The limits of what an engine takes, in bytes. They bound what one caller can
// do to the ledger, and are far beyond what people write.
const (
	MaxText = 4 << 10 // an id, a name, a summary, an error
	// MaxDocument is for a schedule's definition or a result as JSON, and for the
	// text or the attributes of a log entry: 1 MiB, which callers may send, and what
	// is added to it.
	MaxDocument = 1<<20 + 16<<10
)

// ErrTooLarge is returned for text beyond MaxText or MaxDocument. Whoever takes
// text from outside refuses or shortens it before: an end that is refused
// leaves its run open.
var ErrTooLarge = errors.New("too large")

// Check says what is wrong with a claim that no engine takes.
func (c Claim) Check() error {
	if err := checkTexts(c.HostID); err != nil {
		return err
	}
	for _, d := range c.Due {
		if err := d.check(); err != nil {
			return fmt.Errorf("schedule %.200q: %w", d.ScheduleID, err)
		}
	}
	return nil
}

func (d Due) check() error {
	if d.RunID == "" && d.Missed == run.None {
		return errors.New("the run has no id")
	}
	if d.Trigger != "" && d.Trigger != run.ByFiring && d.Trigger != run.ByCatchUp {
		return fmt.Errorf("a firing is not run by %.40q", d.Trigger)
	}
	if err := checkTexts(d.Tags...); err != nil {
		return err
	}
	if err := d.Policy.check(); err != nil {
		return err
	}
	return checkTexts(d.ScheduleID, d.Name, d.Cron, d.Timezone, d.Action, d.Plugin, d.RunID, string(d.Missed))
}

// check says what is wrong with a policy that no engine takes.
func (p Policy) check() error {
	if p.OnLost != OnLostFail && p.OnLost != OnLostRetry && p.OnLost != OnLostResume {
		return fmt.Errorf("nothing is known to follow a lost attempt by %.40q", p.OnLost)
	}
	if p.MaxWait < 0 || p.LostWait < 0 || p.QueueLimit < 0 || p.Attempts < 0 {
		return errors.New("a wait or a limit is negative")
	}
	return checkTexts(p.Pool, string(p.Overlap))
}

// Check says what is wrong with a trigger that no engine takes.
func (t Trigger) Check() error {
	r := t.Run
	if r.ID == "" {
		return errors.New("the run has no id")
	}
	if r.Trigger == run.ByFiring || r.Trigger == run.ByCatchUp {
		return fmt.Errorf("a run by %q is made by a claim", r.Trigger)
	}
	if (r.ScheduleID == "") != (r.Work != nil) {
		return errors.New("a run is either of a schedule or has work of its own")
	}
	if r.Work != nil && t.Overlap.Exclusive() {
		return fmt.Errorf("a run of no schedule waits for no other: its overlap is not %.40q", t.Overlap)
	}
	if err := t.Policy.check(); err != nil {
		return err
	}
	return checkTexts(t.HostID, r.ID, r.ScheduleID, r.ScheduleName, string(r.Trigger), r.By, r.IdempotencyKey,
		r.Action, r.Plugin, r.Step, r.ParentID)
}

// Check says what is wrong with a take that no engine takes.
func (t Take) Check() error {
	if t.Limit < 1 || t.Limit > MaxPage {
		return fmt.Errorf("limit %d: it must be 1 to %d", t.Limit, MaxPage)
	}
	for pool, slots := range t.Pools {
		if slots < 0 {
			return fmt.Errorf("pool %.200q has %d slots", pool, slots)
		}
		if err := checkTexts(pool); err != nil {
			return err
		}
	}
	return checkTexts(append([]string{t.HostID, t.Plugin}, t.Except...)...)
}

// Check says what is wrong with a host that no engine takes.
func (h Host) Check() error {
	if h.ID == "" {
		return errors.New("the host has no id")
	}
	if err := checkTexts(h.ID, h.Name); err != nil {
		return err
	}
	return h.Report.Check()
}

// Check says what is wrong with a report that no engine takes.
func (r Report) Check() error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding a host's report: %w", err)
	}
	if err := checkSize(len(text), MaxDocument); err != nil {
		return fmt.Errorf("the host's report: %w", err)
	}
	return nil
}

// Check says what is wrong with an order that no engine takes.
func (o Order) Check() error {
	if !slices.Contains([]OrderKind{OrderCancel, OrderReplace, OrderDrain, OrderResume}, o.Kind) {
		return fmt.Errorf("there is no order %.40q", o.Kind)
	}
	return checkTexts(o.RunID, o.HostID)
}

// Check says what is wrong with an end that no engine takes.
func (e AttemptEnd) Check() error {
	if err := checkFinal(e.State); err != nil {
		return err
	}
	if err := checkTexts(e.Summary, e.Error, string(e.Reason)); err != nil {
		return err
	}
	if err := checkSize(len(e.Result), MaxDocument); err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	if e.Again != nil && e.Again.MaxWait < 0 {
		return fmt.Errorf("the next attempt waits %v at most", e.Again.MaxWait)
	}
	return CheckLog(e.Entries)
}

// Check says what is wrong with an abandonment that no engine takes.
func (a Abandon) Check() error {
	if err := checkFinal(a.State); err != nil {
		return err
	}
	return checkTexts(a.Error, string(a.Reason))
}

// Check says what is wrong with a change that no engine takes. The size of the
// definition as JSON is left to the engine, which encodes it.
func (c Change) Check() error {
	s := c.Schedule
	if s.ID == "" {
		return errors.New("the schedule has no id")
	}
	if err := checkTexts(s.ID, s.Name, string(s.Source), s.Origin, c.By); err != nil {
		return fmt.Errorf("schedule %.200q: %w", s.ID, err)
	}
	return CheckFirings(c.Settle)
}

// CheckLog says what is wrong with log entries that no engine takes.
func CheckLog(entries []run.LogEntry) error {
	for _, e := range entries {
		if err := checkTexts(e.RunID, string(e.Kind), e.Level); err != nil {
			return err
		}
		if err := checkSize(max(len(e.Text), len(e.Attributes)), MaxDocument); err != nil {
			return fmt.Errorf("log entry %d of run %.200q: %w", e.Seq, e.RunID, err)
		}
	}
	return nil
}

// CheckFirings says what is wrong with firings that are to be recorded without
// a claim, and so did not run.
func CheckFirings(firings []run.Firing) error {
	for _, f := range firings {
		if f.Outcome != run.Skipped && f.Outcome != run.Missed {
			return fmt.Errorf("a firing of schedule %.200q without a claim has the outcome %.40q", f.ScheduleID, f.Outcome)
		}
		if err := checkTexts(f.ScheduleID, string(f.Reason), f.RunID, f.HoldID); err != nil {
			return err
		}
	}
	return nil
}

func checkFinal(s run.State) error {
	if s.Open() || !s.Valid() {
		return fmt.Errorf("%.40q is not a state that a run ends in", s)
	}
	return nil
}

func checkTexts(texts ...string) error {
	for _, text := range texts {
		if err := checkSize(len(text), MaxText); err != nil {
			return fmt.Errorf("the text %.40q…: %w", text, err)
		}
	}
	return nil
}

func checkSize(size, limit int) error {
	if size > limit {
		return fmt.Errorf("%w: %d bytes, and %d are allowed", ErrTooLarge, size, limit)
	}
	return nil
}
