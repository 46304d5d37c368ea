package audit

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/store"
)

func TestNothingIsOff(t *testing.T) {
	t.Parallel()
	r := verify(t, sealed(t), Options{})
	if !r.OK || r.Found != 0 {
		t.Errorf("found: %v", r.Findings)
	}
	if r.Owed != r.Settled || r.Owed == 0 || r.Pending != 0 {
		t.Errorf("owed %d, settled %d, pending %d", r.Owed, r.Settled, r.Pending)
	}
	if r.Outcomes[run.Ran] != r.Runs || r.Reasons[run.ReasonHeld] != 4 || r.Reasons[run.ReasonHostDown] == 0 {
		t.Errorf("counts: %v %v, runs %d", r.Outcomes, r.Reasons, r.Runs)
	}
	if r.Seals.Count != 4 || r.Seals.Checked != 4 || *r.Seals.FirstDay != "2026-03-27" || *r.Seals.LastDay != "2026-03-30" {
		t.Errorf("seals: %s", r.Seals)
	}
}

// find returns the index of the firing of a schedule so many minutes after the start.
func (l *ledger) find(t *testing.T, id string, minutes int) int {
	t.Helper()
	at := start.Add(time.Duration(minutes) * time.Minute)
	i := slices.IndexFunc(l.firings, func(f run.Firing) bool { return f.ScheduleID == id && f.DueAt.Equal(at) })
	if i < 0 {
		t.Fatalf("no firing of %s at %s", id, at)
	}
	return i
}

func (l *ledger) findRun(t *testing.T, id string, minutes int) int {
	t.Helper()
	at := start.Add(time.Duration(minutes) * time.Minute)
	i := slices.IndexFunc(l.runs, func(r store.FiringRun) bool { return r.ScheduleID == id && r.DueAt.Equal(at) })
	if i < 0 {
		t.Fatalf("no run of %s at %s", id, at)
	}
	return i
}

// Each way of damaging a ledger, with all that is found then: the kind, and a part of
// the sentence. The fifth day is not sealed yet, the others are.
func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	const last = 4*24*60 + 10*60 // minutes: ten o'clock on the fifth day
	tests := map[string]struct {
		damage func(t *testing.T, l *ledger)
		want   []string
	}{
		"a firing was deleted, with its run": {func(t *testing.T, l *ledger) {
			i := l.find(t, "hourly", last)
			r := l.findRun(t, "hourly", last)
			l.firings, l.runs = slices.Delete(l.firings, i, i+1), slices.Delete(l.runs, r, r+1)
		}, []string{`missing "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: it was owed and is not settled: it neither ran`}},
		"a firing was deleted": {func(t *testing.T, l *ledger) {
			i := l.find(t, "hourly", last)
			l.firings = slices.Delete(l.firings, i, i+1)
		}, []string{`missing "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: it was owed and is not settled, though there is a run`}},
		"a run was deleted": {func(t *testing.T, l *ledger) {
			i := l.findRun(t, "hourly", last)
			l.runs = slices.Delete(l.runs, i, i+1)
		}, []string{`unexplained "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: it ran, and its run run-hourly-1774951200 is not there`}},
		"a firing was added at no instant": {func(t *testing.T, l *ledger) {
			f := l.firings[l.find(t, "hourly", last)]
			f.DueAt, f.Outcome, f.Reason, f.RunID = f.DueAt.Add(time.Minute), run.Missed, run.ReasonHostDown, ""
			l.firings = append(l.firings, f)
		}, []string{`unexplained "hourly" 2026-03-31T10:01:00Z (2026-03-31T12:01:00+02:00) version 4: it is missed (host_down), and was not owed: version 4, in force then, does not fire at that time`}},
		"a firing was added before the schedule was there": {func(t *testing.T, l *ledger) {
			l.firings = append(l.firings, run.Firing{ScheduleID: "hourly", DueAt: hour(-48), Outcome: run.Missed, Reason: run.ReasonHostDown, Version: 1, SettledAt: hour(-47)})
		}, []string{`unexplained "hourly" 2026-03-25T00:00:00Z: it is missed (host_down), and was not owed: no version of the schedule was in force then`}},
		"a firing was added while it was stopped": {func(t *testing.T, l *ledger) {
			l.firings = append(l.firings, run.Firing{ScheduleID: "hourly", DueAt: hour(61).Add(30 * time.Minute), Outcome: run.Missed, Reason: run.ReasonHostDown, Version: 3, SettledAt: hour(102)})
		}, []string{`unexplained "hourly" 2026-03-29T13:30:00Z (2026-03-29T15:30:00+02:00) version 3: it is missed (host_down), and was not owed: version 3, in force then, was stopped`}},
		"a firing was added of a schedule that never was": {func(t *testing.T, l *ledger) {
			l.firings = append(l.firings, run.Firing{ScheduleID: "zzz", DueAt: hour(100), Outcome: run.Missed, Reason: run.ReasonHostDown, Version: 3, SettledAt: hour(102)})
		}, []string{`unexplained "zzz" 2026-03-31T04:00:00Z: it is missed (host_down), and was not owed: no version of the schedule was in force then`}},
		"a firing was added in the future": {func(t *testing.T, l *ledger) {
			l.firings = append(l.firings, run.Firing{ScheduleID: "hourly", DueAt: day(400), Outcome: run.Missed, Reason: run.ReasonLate, Version: 4, SettledAt: day(5)})
		}, []string{`unexplained "hourly" 2027-05-01T00:00:00Z (2027-05-01T02:00:00+02:00) version 4: it is settled at 2026-04-01T00:00:00Z, before it was due`}},
		"a run was doubled": {func(t *testing.T, l *ledger) {
			r := l.runs[l.findRun(t, "hourly", last)]
			r.RunID = "run-hourly-again"
			l.runs = append(l.runs, r)
		}, []string{`doubled "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: it has 2 runs, run-hourly-1774951200 and run-hourly-again`}},
		"a firing was doubled": {func(t *testing.T, l *ledger) {
			l.firings = append(l.firings, l.firings[l.find(t, "hourly", last)])
		}, []string{`doubled "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: it was settled 2 times`}},
		"a run was added of a firing that did not run": {func(t *testing.T, l *ledger) {
			f := l.firings[l.find(t, "hourly", last+20)]
			l.runs = append(l.runs, store.FiringRun{ScheduleID: "hourly", DueAt: f.DueAt, RunID: "extra", Version: 4, Trigger: run.ByFiring})
		}, []string{`doubled "hourly" 2026-03-31T10:20:00Z (2026-03-31T12:20:00+02:00) version 4: it is skipped (overlap), and yet there is a run of it, extra`}},
		"a run was added of no firing": {func(t *testing.T, l *ledger) {
			l.runs = append(l.runs, store.FiringRun{ScheduleID: "hourly", DueAt: hour(106).Add(time.Minute), RunID: "extra", Version: 4, Trigger: run.ByFiring})
		}, []string{`unexplained "hourly" 2026-03-31T10:01:00Z (2026-03-31T12:01:00+02:00) version 4: there is a run, extra, of a firing that was never settled, nor owed`}},
		"a run got another version": {func(t *testing.T, l *ledger) {
			l.runs[l.findRun(t, "hourly", last)].Version = 3
		}, []string{`doubled "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: it is settled under version 4, and its run is of version 3`}},
		"a run got another trigger": {func(t *testing.T, l *ledger) {
			l.runs[l.findRun(t, "hourly", last)].Trigger = run.ByAPI
		}, []string{`doubled "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: its run run-hourly-1774951200 was made by the trigger "api"`}},
		"a firing got another run": {func(t *testing.T, l *ledger) {
			l.firings[l.find(t, "hourly", last)].RunID = "other"
		}, []string{`doubled "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: it is settled with run "other", and there is another run of it, run-hourly-1774951200`}},
		"a reason was changed to one of another outcome": {func(t *testing.T, l *ledger) {
			l.firings[l.find(t, "hourly", last+20)].Reason = run.ReasonHostDown
		}, []string{`unexplained "hourly" 2026-03-31T10:20:00Z (2026-03-31T12:20:00+02:00) version 4: it is skipped, and "host_down" is no reason for that`}},
		"a reason was removed": {func(t *testing.T, l *ledger) {
			l.firings[l.find(t, "hourly", last+20)].Reason = run.None
		}, []string{`unexplained "hourly" 2026-03-31T10:20:00Z (2026-03-31T12:20:00+02:00) version 4: it is skipped without a reason`}},
		"a reason was changed to one that fits": {func(t *testing.T, l *ledger) {
			l.firings[l.find(t, "hourly", 71*60+20)].Reason = run.ReasonStopped
		}, []string{`edited day 2026-03-29: what was settled`}},
		"an outcome was changed": {func(t *testing.T, l *ledger) {
			l.firings[l.find(t, "hourly", last)].Outcome = run.Missed
		}, []string{`unexplained "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: it is missed without a reason; it is missed, and yet there is a run of it, run-hourly-1774951200`}},
		"an outcome was made up": {func(t *testing.T, l *ledger) {
			l.firings[l.find(t, "hourly", last)].Outcome = "lucky"
		}, []string{`unexplained "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: there is no outcome "lucky"; it is lucky, and yet there is a run of it, run-hourly-1774951200`}},
		"a version was changed in a firing": {func(t *testing.T, l *ledger) {
			l.firings[l.find(t, "hourly", last+20)].Version = 2
		}, []string{`unexplained "hourly" 2026-03-31T10:20:00Z (2026-03-31T12:20:00+02:00) version 4: it is settled under version 2, and version 4 owed it`}},
		"settled_at was moved within a sealed day": {func(t *testing.T, l *ledger) {
			f := &l.firings[l.find(t, "nightly", 90)]
			f.SettledAt = f.SettledAt.Add(time.Minute)
		}, []string{"edited day 2026-03-27: what was settled on this day, or its seal, was changed after it was sealed"}},
		"settled_at was moved to another day": {func(t *testing.T, l *ledger) {
			f := &l.firings[l.find(t, "nightly", 90)]
			f.SettledAt = f.SettledAt.Add(48 * time.Hour)
		}, []string{"edited day 2026-03-27: 51 firings are settled on this day, and 52", "edited day 2026-03-29"}},
		"settled_at was moved before the due time": {func(t *testing.T, l *ledger) {
			f := &l.firings[l.find(t, "hourly", last+20)]
			f.SettledAt = f.DueAt.Add(-time.Hour)
		}, []string{`unexplained "hourly" 2026-03-31T10:20:00Z (2026-03-31T12:20:00+02:00) version 4: it is settled at 2026-03-31T09:20:00Z, before it was due`}},
		"a version's end was moved": {func(t *testing.T, l *ledger) {
			l.versions[0].Until = hour(28)
		}, []string{`edited "hourly" version 2: it came into force at 2026-03-28T06:00:00Z, though version 1`,
			`unexplained "hourly" 2026-03-28T05:00:00Z: it ran, and was not owed`,
			`unexplained "hourly" 2026-03-28T06:00:00Z: it ran, and was not owed`}},
		"a version's beginning was moved": {func(t *testing.T, l *ledger) {
			l.versions[0].Since = hour(-2)
		}, []string{`missing "hourly" 2026-03-26T23:00:00Z`, `missing "hourly" 2026-03-27T00:00:00Z`}},
		"a version's end was moved into the next": {func(t *testing.T, l *ledger) {
			l.versions[0].Until = hour(31)
		}, []string{`edited "hourly" version 2: it came into force at 2026-03-28T06:00:00Z, before version 1`,
			`unexplained "hourly" 2026-03-28T06:30:00Z (2026-03-28T07:30:00+01:00) version 1: it ran, and was not owed`,
			`missing "hourly" 2026-03-28T07:00:00Z`}},
		"a version was deleted": {func(t *testing.T, l *ledger) {
			l.versions = slices.Delete(l.versions, 2, 3)
		}, []string{`edited "hourly" version 4: the version before it is not kept, though version 2 is`}},
		"a version was started afterwards": {func(t *testing.T, l *ledger) {
			l.versions[2].Started = true
		}, slices.Repeat([]string{`missing "hourly" 2026-03-29T`}, 10)},
		"a cron line was changed": {func(t *testing.T, l *ledger) {
			i := slices.IndexFunc(l.versions, func(v store.Version) bool { return v.ID == "nightly" })
			l.versions[i].Cron = "30 2 1 * *"
		}, slices.Repeat([]string{`unexplained "nightly" 2026-03-`}, 5)},
		"a cron line was made unreadable": {func(t *testing.T, l *ledger) {
			i := slices.IndexFunc(l.versions, func(v store.Version) bool { return v.ID == "nightly" })
			l.versions[i].Cron = "sometimes"
		}, []string{`unexplained "nightly" version 1: this program cannot read when it fires`}},
		"a seal was removed": {func(t *testing.T, l *ledger) {
			l.seals = slices.Delete(l.seals, 1, 2)
		}, []string{"edited day 2026-03-29: there is no seal between this day and 2026-03-27"}},
		"the first seal was removed": {func(t *testing.T, l *ledger) {
			l.seals = l.seals[1:]
		}, []string{"edited day 2026-03-28: it is the first seal, and names one before it"}},
		"a hash was changed": {func(t *testing.T, l *ledger) {
			l.seals[1].Hash = strings.Repeat("0", 64)
		}, []string{"edited day 2026-03-28: what was settled on this day, or its seal, was changed", "edited day 2026-03-29: its seal does not continue that of the day before"}},
		"the count of a seal was changed": {func(t *testing.T, l *ledger) {
			l.seals[1].Count++
		}, []string{"edited day 2026-03-28: 26 firings are settled on this day, and 27 were when it was sealed"}},
		"a seal was moved within its day": {func(t *testing.T, l *ledger) {
			l.seals[3].Day = l.seals[3].Day.Add(time.Hour)
		}, []string{"edited day 2026-03-30: the seal is not of a day in UTC"}},
		"a firing was made held": {func(t *testing.T, l *ledger) {
			f := &l.firings[l.find(t, "hourly", last+20)]
			f.Reason, f.HoldID = run.ReasonHeld, "hold-9"
		}, []string{`unexplained "hourly" 2026-03-31T10:20:00Z (2026-03-31T12:20:00+02:00) version 4: it is held by hold hold-9, which there is not`}},
		"a firing was made held by nothing": {func(t *testing.T, l *ledger) {
			l.firings[l.find(t, "hourly", last+20)].Reason = run.ReasonHeld
		}, []string{`unexplained "hourly" 2026-03-31T10:20:00Z (2026-03-31T12:20:00+02:00) version 4: it is held, and does not say by which hold`}},
		"a firing that ran was given a hold": {func(t *testing.T, l *ledger) {
			l.firings[l.find(t, "hourly", last)].HoldID = "hold-1"
		}, []string{`unexplained "hourly" 2026-03-31T10:00:00Z (2026-03-31T12:00:00+02:00) version 4: it names hold hold-1, and it ran`}},
		"a hold was deleted": {func(t *testing.T, l *ledger) {
			l.holds = l.holds[1:]
		}, slices.Repeat([]string{`(2026-03-27T0`}, 3)},
		"a hold was shortened": {func(t *testing.T, l *ledger) {
			l.holds[0].ReleasedAt = hour(7)
		}, []string{`unexplained "hourly" 2026-03-27T08:00:00Z (2026-03-27T09:00:00+01:00) version 1: it is held by hold hold-1, which was not in force when it was due`}},
		"a hold was made longer": {func(t *testing.T, l *ledger) {
			l.holds[0].Until = hour(9)
		}, []string{`unexplained "hourly" 2026-03-27T09:00:00Z (2026-03-27T10:00:00+01:00) version 1: it ran, though hold hold-1 was in force`}},
		"a hold was put on another schedule": {func(t *testing.T, l *ledger) {
			l.holds[1].ScheduleID = "removed"
		}, []string{`unexplained "nightly" 2026-03-29T01:00:00Z (2026-03-29T03:00:00+02:00) version 1: it is held by hold hold-2, which is not of this schedule`}},
		"a hold was added": {func(t *testing.T, l *ledger) {
			l.holds = append(l.holds, store.Hold{ID: "hold-3", All: true, Since: hour(49), Until: hour(51)})
		}, slices.Repeat([]string{`it ran, though hold hold-3 was in force`}, 2)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := sealed(t)
			tt.damage(t, l)
			l.sort()
			r := verify(t, l, Options{})
			var got []string
			for _, f := range r.Findings {
				got = append(got, f.String())
			}
			if r.OK || len(got) != len(tt.want) {
				t.Fatalf("found %d, want %d:\n%s", len(got), len(tt.want), strings.Join(got, "\n"))
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("found: %s\n want: %s", got[i], want)
				}
			}
		})
	}
}

func TestDeletedFromASealedDay(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	i, r := l.find(t, "nightly", 90), l.findRun(t, "nightly", 90)
	l.firings, l.runs = slices.Delete(l.firings, i, i+1), slices.Delete(l.runs, r, r+1)
	got := verify(t, l, Options{})
	if got.Found != 2 || got.Kinds[Missing] != 1 || got.Kinds[Edited] != 1 {
		t.Errorf("found %v", got.Findings)
	}
}

func TestRetentionIsNotDamage(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	l.kept = hour(75)
	l.firings = slices.DeleteFunc(l.firings, func(f run.Firing) bool { return f.SettledAt.Before(l.kept) })
	l.runs = slices.DeleteFunc(l.runs, func(r store.FiringRun) bool { return r.DueAt.Before(l.kept) })
	l.versions = slices.DeleteFunc(l.versions, func(v store.Version) bool { return !v.Until.IsZero() && v.Until.Before(l.kept) })
	l.holds = nil
	r := verify(t, l, Options{})
	if !r.OK {
		t.Errorf("found %v", r.Findings)
	}
	if !r.KeptSince.Equal(l.kept) || !r.From.Equal(l.kept) || r.Seals.Checked != 0 || r.Seals.Count != 4 {
		t.Errorf("from %s, kept %s, seals %s", r.From, r.KeptSince, r.Seals)
	}
}

func TestRetentionWhileItVerifies(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	l.before = func(query string) {
		if query == "runs" && l.kept.IsZero() {
			l.kept = hour(80)
			l.firings = slices.DeleteFunc(l.firings, func(f run.Firing) bool { return f.SettledAt.Before(l.kept) })
			l.runs = slices.DeleteFunc(l.runs, func(r store.FiringRun) bool { return r.DueAt.Before(l.kept) })
		}
	}
	if r := verify(t, l, Options{}); !r.OK || !r.From.Equal(hour(80)) {
		t.Errorf("from %s, found %v", r.From, r.Findings)
	}
	l.before = func(string) { l.kept = l.kept.Add(time.Minute) }
	if _, err := Verify(t.Context(), l, Options{Now: func() time.Time { return day(6) }}); !errors.Is(err, ErrPruned) {
		t.Errorf("error %v", err)
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	l.firings[l.find(t, "hourly", 60)].Reason = run.ReasonLate   // in the first day
	l.firings[l.find(t, "hourly", 5970)].Reason = run.ReasonLate // in the fifth
	r := verify(t, l, Options{From: hour(24), To: hour(48)})
	if !r.OK || r.Seals.Checked != 1 || r.Owed != 26 {
		t.Errorf("owed %d, seals %s, found %v", r.Owed, r.Seals, r.Findings)
	}
	if r := verify(t, l, Options{From: hour(99), To: hour(1000)}); r.Found != 1 || !r.To.Equal(day(5)) {
		t.Errorf("to %s, found %v", r.To, r.Findings)
	}
	if r := verify(t, l, Options{To: hour(2)}); r.Found != 2 { // the firing, and the seal of its day
		t.Errorf("found %v", r.Findings)
	}
	if r := verify(t, l, Options{From: day(7)}); !r.OK || r.From != nil {
		t.Errorf("from %s, found %v", r.From, r.Findings)
	}
	if _, err := Verify(t.Context(), l, Options{From: hour(2), To: hour(2)}); !errors.Is(err, ErrInterval) {
		t.Errorf("error %v", err)
	}
}

func TestWhatMayStillBeClaimed(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	l.until = hour(124).Add(30 * time.Second) // twenty-four instants are not settled
	r := verify(t, l, Options{})
	if r.Pending != 1 || r.Kinds[Missing] != r.Found {
		t.Errorf("pending %d, found %v", r.Pending, r.Findings)
	}
}

// A host that claims while the ledger is read makes no findings.
func TestVerifyWhileHostsClaim(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	now := day(5).Add(time.Minute)
	claimed := false
	l.before = func(query string) {
		if query != "runs" || claimed {
			return
		}
		claimed = true // after the first page of settlements was read
		v := l.versions[3]
		v.Version, v.Cron = 5, "1 * * * *"
		l.settle(v, day(5).Add(time.Minute), nil)
		l.sort()
	}
	if r := verify(t, l, Options{Now: func() time.Time { return now }}); !r.OK {
		t.Errorf("found %v", r.Findings)
	}
}

func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	l.firings, l.runs = nil, nil
	r := verify(t, l, Options{Limit: 3})
	if len(r.Findings) != 3 || r.Found != r.Owed+4 {
		t.Errorf("found %d, listed %d, owed %d", r.Found, len(r.Findings), r.Owed)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "\nand ") {
		t.Errorf("%v: %s", err, text.String())
	}
}

func TestOutOfOrder(t *testing.T) {
	t.Parallel()
	l := sound(t)
	slices.Reverse(l.firings)
	if _, err := Verify(t.Context(), l, Options{}); !errors.Is(err, errOrder) {
		t.Errorf("error %v", err)
	}
}

func TestReportText(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	l := sealed(t)
	if err := verify(t, l, Options{}).WriteText(&text); err != nil {
		t.Fatal(err)
	}
	want := `checked    2026-03-27T00:00:00Z to 2026-04-01T00:00:00Z
schedules  3
owed       392
settled    392
outcomes   319 ran, 50 skipped, 23 missed
reasons    46 overlap, 23 host_down, 4 held
runs       319
seals      4 days, 2026-03-27 to 2026-03-30, 4 compared with their firings; the latest is ` + l.seals[3].Hash + `, which proves them when it is kept elsewhere

Nothing missed, nothing doubled, nothing unexplained, nothing edited.
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}
