package sqlite

import (
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"butlerd/host/audit"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// dawn is when the ledger of the tests of audits begins.
var dawn = time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)

func dusk(hours, minutes int) time.Time {
	return dawn.Add(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

// history makes a ledger of three days in a file, sealed up to the second: a schedule
// that changes after thirty hours, a hold, an outage, and a run that is open.
func history(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.db")
	d, err := Open(t.Context(), Options{Path: path})
	must(t, err)
	_, err = d.Join(t.Context(), store.Host{ID: "host-1", Name: "one"})
	must(t, err)
	s := store.Schedule{Source: store.SourceFile, Origin: "config.hcl:1", Started: true, Definition: schedule.Definition{
		ID: "s", Name: "s", Cron: "0 * * * *", Timezone: "UTC", Overlap: schedule.OverlapAllow, Tags: []string{"etl"}, Startup: schedule.StartupStarted}}
	_, err = d.Change(t.Context(), []store.Change{{Kind: store.Create, Schedule: s, At: dawn, By: s.Origin}})
	must(t, err)
	_, err = d.Hold(t.Context(), store.Hold{ID: "hold-1", Tag: "etl", By: "alice", Reason: "maintenance", Since: dusk(4, 30), Until: dusk(7, 30)})
	must(t, err)
	claims(t, d, s, 1, 30, 0)
	s.Cron = "30 * * * *"
	_, err = d.Change(t.Context(), []store.Change{{Kind: store.Update, Schedule: s, Base: 1, At: dusk(30, 0), By: "api"}})
	must(t, err)
	claims(t, d, s, 30, 71, 30)
	must(t, d.Settled(t.Context(), "host-1", dusk(80, 0)))
	misses(t, d, 72, 79)
	_, err = audit.NewSealer(audit.SealerOptions{Store: d, Now: func() time.Time { return dusk(50, 0) }, Log: slog.New(slog.DiscardHandler)}).Seal(t.Context())
	must(t, err)
	must(t, d.Close())
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// claims claims an instant in each of the hours, and ends the runs but for the last.
func claims(t *testing.T, d *DB, s store.Schedule, from, to, minute int) {
	t.Helper()
	for hour := from; hour <= to; hour++ {
		at := dusk(hour, minute)
		due := store.Due{ScheduleID: s.ID, Name: s.Name, DueAt: at, Cron: s.Timing().Key(), Timezone: s.Timezone, Tags: s.Tags,
			Policy: store.Policy{Overlap: s.Overlap}, Action: "a", Plugin: "p", RunID: fmt.Sprintf("run-%02d%02d", hour, minute), Start: true}
		claimed, err := d.Claim(t.Context(), store.Claim{HostID: "host-1", At: at.Add(time.Millisecond), Until: at, Due: []store.Due{due}})
		must(t, err)
		if claimed[0].State == run.Running && hour != 71 {
			_, err := d.End(t.Context(), store.AttemptEnd{RunID: due.RunID, Number: 1, HostID: "host-1", At: at.Add(time.Second), State: run.Succeeded})
			must(t, err)
		}
	}
}

// misses records that no host was there in the hours.
func misses(t *testing.T, d *DB, from, to int) {
	t.Helper()
	var missed []run.Firing
	for hour := from; hour <= to; hour++ {
		missed = append(missed, run.Firing{ScheduleID: "s", DueAt: dusk(hour, 30), Outcome: run.Missed, Reason: run.ReasonHostDown, Version: 2, SettledAt: dusk(80, 0)})
	}
	_, err := d.Miss(t.Context(), missed)
	must(t, err)
}

// audited opens a ledger and verifies it.
func audited(t *testing.T, path string) (found []string) {
	t.Helper()
	d := openFile(t, path)
	r, err := audit.Verify(t.Context(), d, audit.Options{Now: func() time.Time { return dusk(90, 0) }})
	must(t, err)
	if r.Owed != r.Settled && r.OK || r.Seals.Count == 0 {
		t.Errorf("owed %d, settled %d, seals %s", r.Owed, r.Settled, r.Seals)
	}
	for _, f := range r.Findings {
		found = append(found, f.String())
	}
	return found
}

// What somebody does to the file of a ledger is found, and nothing else is.
func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	sound := history(t)
	if found := audited(t, sound); found != nil {
		t.Fatalf("found in a sound ledger:\n%s", strings.Join(found, "\n"))
	}
	// In microseconds: an hour of the first day, and one of the third.
	first, third := micros(dusk(10, 0)), micros(dusk(60, 30))
	tests := map[string]struct {
		sql  string
		args []any
		want []string
	}{
		"a firing is deleted": {"DELETE FROM firings WHERE due_at = ?", []any{third},
			[]string{`missing "s" 2026-03-29T12:30:00Z`}},
		"a firing and its run are deleted": {"DELETE FROM firings WHERE due_at = ?1; DELETE FROM runs WHERE due_at = ?1", []any{first},
			[]string{`missing "s" 2026-03-27T10:00:00Z`, "edited day 2026-03-27"}},
		"a run is deleted": {"DELETE FROM runs WHERE due_at = ?", []any{third},
			[]string{`unexplained "s" 2026-03-29T12:30:00Z (2026-03-29T12:30:00Z) version 2: it ran, and its run run-6030 is not there`}},
		"an open run is deleted, and so its firing": {"DELETE FROM runs WHERE ended_at IS NULL", nil,
			[]string{`missing "s" 2026-03-29T23:30:00Z`}},
		"a firing is added": {"INSERT INTO firings (schedule_id, due_at, outcome, reason, run_id, version, settled_at) VALUES ('s', ?1 + 1000000, 'missed', 'late', '', 2, ?1 + 2000000)", []any{third},
			[]string{`unexplained "s" 2026-03-29T12:30:01Z`}},
		"a run is doubled": {`CREATE TEMP TABLE again AS SELECT * FROM runs WHERE due_at = ?1; UPDATE again SET id = 'run-again'; INSERT INTO runs SELECT * FROM again`, []any{third},
			[]string{`doubled "s" 2026-03-29T12:30:00Z (2026-03-29T12:30:00Z) version 2: it has 2 runs, run-6030 and run-again`}},
		"an outcome is changed": {"UPDATE firings SET outcome = 'skipped', reason = 'overlap' WHERE due_at = ?", []any{third},
			[]string{`doubled "s" 2026-03-29T12:30:00Z`}},
		"a reason is changed in a sealed day": {"UPDATE firings SET outcome = 'missed', reason = 'late', run_id = '' WHERE due_at = ?1; DELETE FROM runs WHERE due_at = ?1", []any{first},
			[]string{"edited day 2026-03-27: what was settled on this day, or its seal, was changed"}},
		"a reason is no reason": {"UPDATE firings SET reason = 'tired' WHERE due_at = ?", []any{micros(dusk(75, 30))},
			[]string{`unexplained "s" 2026-03-30T03:30:00Z (2026-03-30T03:30:00Z) version 2: it is missed, and "tired" is no reason for that`}},
		"a version is changed in a firing": {"UPDATE firings SET version = 1 WHERE due_at = ?1; UPDATE runs SET version = 1 WHERE due_at = ?1", []any{third},
			[]string{`unexplained "s" 2026-03-29T12:30:00Z (2026-03-29T12:30:00Z) version 2: it is settled under version 1, and version 2 owed it`}},
		"settled_at is changed": {"UPDATE firings SET settled_at = settled_at + 1 WHERE due_at = ?", []any{first},
			[]string{"edited day 2026-03-27: what was settled on this day, or its seal, was changed"}},
		"a version's interval is changed": {"UPDATE versions SET until = ?", []any{micros(dusk(29, 30))},
			[]string{`edited "s" version 2`, `unexplained "s" 2026-03-28T06:00:00Z`}},
		"a version is deleted": {"DELETE FROM versions", nil, repeated(`unexplained "s" 2026-03-2`, 30)},
		"what a version declares is changed": {`UPDATE schedules SET cron = '15 * * * *', definition = replace(definition, '30 * * * *', '15 * * * *')`, nil,
			repeated(`"s" 2026-03-`, 100)},
		"a seal is removed":     {"DELETE FROM seals WHERE day = (SELECT min(day) FROM seals)", nil, []string{"edited day 2026-03-28: it is the first seal, and names one before it"}},
		"a hash is changed":     {"UPDATE seals SET hash = 'ab' || substr(hash, 3) WHERE day = (SELECT max(day) FROM seals)", nil, []string{"edited day 2026-03-28: what was settled"}},
		"a hold is deleted":     {"DELETE FROM holds", nil, repeated("it is held by hold hold-1, which there is not", 3)},
		"a hold is made longer": {"UPDATE holds SET until = ?1, ends_at = ?1", []any{micros(dusk(8, 30))}, []string{`unexplained "s" 2026-03-27T08:00:00Z (2026-03-27T08:00:00Z) version 1: it ran, though hold hold-1 was in force`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := damaged(t, sound, tt.sql, tt.args)
			found := audited(t, path)
			if len(found) != len(tt.want) {
				t.Fatalf("found %d, want %d:\n%s", len(found), len(tt.want), strings.Join(found, "\n"))
			}
			for i, want := range tt.want {
				if !strings.Contains(found[i], want) {
					t.Errorf("found: %s\n want: %s", found[i], want)
				}
			}
		})
	}
}

func repeated(text string, n int) []string {
	return strings.Split(strings.Repeat(text+"\n", n-1)+text, "\n")
}

// damaged is a copy of a database in which something was changed.
func damaged(t *testing.T, path, statement string, args []any) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	other := filepath.Join(t.TempDir(), "damaged.db")
	must(t, os.WriteFile(other, data, 0o600))
	db, err := sql.Open("sqlite", other)
	must(t, err)
	db.SetMaxOpenConns(1) // a temporary table is of its connection
	_, err = db.ExecContext(t.Context(), statement, args...)
	must(t, err)
	must(t, db.Close())
	return other
}

// A million firings of a hundred schedules in a file, all of which ran, sealed: the
// whole of it is recomputed and compared.
func BenchmarkVerify(b *testing.B) {
	const schedules, each = 100, 10_000
	path := filepath.Join(b.TempDir(), "audit.db")
	d, err := Open(b.Context(), Options{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	var changes []store.Change
	for i := range schedules {
		s := store.Schedule{Source: store.SourceAPI, Started: true, Definition: schedule.Definition{
			ID: fmt.Sprintf("s%02d", i), Name: "s", Cron: "*/5 * * * *", Timezone: "UTC", Overlap: schedule.OverlapAllow, Startup: schedule.StartupStarted}}
		changes = append(changes, store.Change{Kind: store.Create, Schedule: s, At: dawn, By: "api"})
	}
	if _, err := d.Change(b.Context(), changes); err != nil {
		b.Fatal(err)
	}
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
	fill(b, path, each)
	if d, err = Open(b.Context(), Options{Path: path}); err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	end := dawn.Add(each * 5 * time.Minute)
	begun := time.Now()
	n, err := audit.NewSealer(audit.SealerOptions{Store: d, Now: func() time.Time { return end }}).Seal(b.Context())
	if err != nil || n < 30 {
		b.Fatal(n, err)
	}
	b.Logf("%d days sealed in %s", n, time.Since(begun).Round(time.Millisecond))
	for b.Loop() {
		r, err := audit.Verify(b.Context(), d, audit.Options{Now: func() time.Time { return end.Add(time.Hour) }})
		if err != nil || !r.OK || r.Settled != schedules*each || r.Runs != r.Settled {
			b.Fatal(r.Settled, r.Findings, err)
		}
	}
	b.ReportMetric(float64(schedules*each)*float64(b.N)/b.Elapsed().Seconds(), "firings/s")
}

// fill adds so many firings of each schedule that ran, without the engine's help.
func fill(b *testing.B, path string, each int) {
	b.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const at = `WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < ?2) `
	for _, statement := range []string{
		at + `INSERT INTO runs (id, schedule_id, schedule_name, version, trigger, by, idempotency_key, due_at, created_at, started_at, ended_at, state, reason, action, plugin, summary, error, attempts)
			SELECT s.id || '-' || n, s.id, 's', 1, 'firing', '', '', ?1 + n * 300000000, ?1 + n * 300000000 + 1000, ?1 + n * 300000000 + 1000, ?1 + n * 300000000 + 2000, 'succeeded', '', 'a', 'p', '', '', 1
			FROM schedules s, n ORDER BY s.id, n`,
		at + `INSERT INTO firings (schedule_id, due_at, outcome, reason, run_id, version, settled_at)
			SELECT s.id, ?1 + n * 300000000, 'ran', '', s.id || '-' || n, 1, ?1 + n * 300000000 + 1000 FROM schedules s, n ORDER BY s.id, n`,
		"UPDATE ledger SET settled_until = ?1 + ?2 * 300000000 + 1000000",
	} {
		if _, err := db.ExecContext(b.Context(), statement, micros(dawn), each); err != nil {
			b.Fatal(err)
		}
	}
}
