package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/postgres/pgtest"
)

// ran is what a command did.
type ran struct {
	code           int
	stdout, stderr string
}

// runProgram runs the program in this process, with an environment.
func runProgram(t *testing.T, env map[string]string, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := &program{
		env:    func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		stdout: &stdout, stderr: &stderr,
	}
	code := p.run(t.Context(), args)
	return ran{code: code, stdout: stdout.String(), stderr: stderr.String()}
}

// storeFile writes a configuration that names a store in a directory of its own,
// and returns the paths of both.
func storeFile(t *testing.T) (configPath, storePath string) {
	t.Helper()
	dir := t.TempDir()
	storePath = filepath.Join(dir, "ledger.db")
	return storeBlock(t, fmt.Sprintf("store \"sqlite\" {\n  path = %q\n}\n", storePath)), storePath
}

func storeBlock(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fillStore makes a store with some of each kind of records, and leaves it.
func fillStore(t *testing.T, path string) {
	t.Helper()
	ctx := t.Context()
	st, err := host.OpenStore(ctx, config.Store{Kind: "sqlite", Path: path}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = st.Join(ctx, store.Host{ID: "h", Name: "one", Report: store.Report{Version: "1.2.3"}})
	must(err)
	at := time.Now().UTC().Truncate(time.Second)
	_, err = st.Change(ctx, []store.Change{{Kind: store.Create, At: at, By: "test", Schedule: store.Schedule{
		Source: store.SourceAPI, Started: true,
		Definition: schedule.Definition{
			ID: "s", Name: "nightly \u00e5 \u2028", Cron: "0 0 6 * * *", Timezone: "Europe/Stockholm", Startup: schedule.StartupStarted,
			Overlap: schedule.OverlapAllow, Action: schedule.Action{Type: "echo", Arguments: json.RawMessage(`{"text":"<&>"}`)},
		},
	}}})
	must(err)
	for i := range 3 {
		r, _, err := st.Trigger(ctx, store.Trigger{HostID: "h", Start: true, Run: run.Run{
			ID: uuid.Must(uuid.NewV7()).String(), ScheduleID: "s", ScheduleName: "nightly", Trigger: run.ByAPI, By: "test",
			DueAt: at, CreatedAt: at.Add(time.Duration(i) * time.Second), Action: "echo", Plugin: "echo",
		}})
		must(err)
		_, err = st.End(ctx, store.AttemptEnd{
			RunID: r.ID, Number: 1, HostID: "h", At: at.Add(time.Minute), State: run.Succeeded, Result: json.RawMessage(`{"n":1.5}`),
			Entries: []run.LogEntry{{RunID: r.ID, Attempt: 1, Seq: 1, At: at, Kind: run.KindLog, Level: "info", Text: "done", Attributes: json.RawMessage(`{"a":[1]}`)}},
		})
		must(err)
	}
	_, err = st.Miss(ctx, []run.Firing{{ScheduleID: "s", DueAt: at.Add(-time.Hour), Outcome: run.Missed, Reason: run.ReasonLate, Version: 1, SettledAt: at}})
	must(err)
	_, err = st.Leave(ctx, "h", at.Add(time.Minute))
	must(err)
}

func TestStoreCopy(t *testing.T) {
	t.Parallel()
	t.Run("copies everything, there and back", func(t *testing.T) {
		t.Parallel()
		first, path := storeFile(t)
		fillStore(t, path)
		second, _ := storeFile(t)
		checkCopies(t, first, second)
	})
	t.Run("refuses what holds something already", func(t *testing.T) {
		t.Parallel()
		first, path := storeFile(t)
		fillStore(t, path)
		second, path := storeFile(t)
		fillStore(t, path)
		if r := runProgram(t, nil, "store", "copy", "-config", first, "-to-config", second); r.code != exitError || !strings.Contains(r.stderr, "is not empty") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("refuses a store that is in use", func(t *testing.T) {
		t.Parallel()
		first, path := storeFile(t)
		st, err := host.OpenStore(t.Context(), config.Store{Kind: "sqlite", Path: path}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		second, _ := storeFile(t)
		for _, order := range [][]string{{first, second}, {second, first}} {
			fillStoreOnce(t, second)
			if r := runProgram(t, nil, "store", "copy", "-config", order[0], "-to-config", order[1]); r.code != exitError || !strings.Contains(r.stderr, "in use by process") {
				t.Errorf("%+v", r)
			}
		}
	})
	t.Run("refuses to copy a store onto itself", func(t *testing.T) {
		t.Parallel()
		first, path := storeFile(t)
		fillStore(t, path)
		if r := runProgram(t, nil, "store", "copy", "-config", first, "-to-config", first); r.code != exitError || !strings.Contains(r.stderr, "the same store") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("makes no store to copy from", func(t *testing.T) {
		t.Parallel()
		first, path := storeFile(t)
		second, _ := storeFile(t)
		if r := runProgram(t, nil, "store", "copy", "-config", first, "-to-config", second); r.code != exitError || !strings.Contains(r.stderr, "there is no store at") {
			t.Errorf("%+v", r)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the file: %v", err)
		}
	})
}

// fillStoreOnce makes the store of a configuration, unless it is there.
func fillStoreOnce(t *testing.T, configPath string) {
	t.Helper()
	if r := runProgram(t, nil, "store", "migrate", "-config", configPath); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
}

// checkCopies copies a store into another, and that into a third.
func checkCopies(t *testing.T, first, second string) {
	t.Helper()
	third, _ := storeFile(t)
	var tables []string
	for _, pair := range [][]string{{first, second}, {second, third}} {
		r := runProgram(t, nil, "store", "copy", "-config", pair[0], "-to-config", pair[1])
		if r.code != exitOK || strings.Contains(r.stdout, "DIFFERS") {
			t.Fatalf("%+v", r)
		}
		_, table, _ := strings.Cut(r.stdout, "\n\n")
		tables = append(tables, table)
	}
	if diff := cmp.Diff(tables[0], tables[1]); diff != "" {
		t.Errorf("there and back differ:\n%s", diff)
	}
	for kind, n := range map[string]int{"schedules": 1, "firings": 1, "runs": 3, "attempts": 3, "log_entries": 3} {
		if !slices.ContainsFunc(strings.Split(tables[0], "\n"), func(line string) bool {
			f := strings.Fields(line)
			return len(f) == 5 && f[0] == kind && f[1] == fmt.Sprint(n) && f[2] == f[1] && f[4] == "equal"
		}) {
			t.Errorf("not %d %s in\n%s", n, kind, tables[0])
		}
	}
}

func TestStoreStatus(t *testing.T) {
	t.Parallel()
	file, path := storeFile(t)
	if r := runProgram(t, nil, "store", "status", "-config", file); r.code != exitError || !strings.Contains(r.stderr, "there is no store at") {
		t.Errorf("before there is one: %+v", r)
	}
	fillStore(t, path)
	r := runProgram(t, nil, "store", "status", "-config", file)
	for _, text := range []string{"sqlite " + path, "schedules       1\n", "firings         1: 1 missed\n", "runs            3: 3 succeeded\n", "host one        ended, version 1.2.3, since "} {
		if r.code != exitOK || !strings.Contains(r.stdout, text) {
			t.Errorf("%q is not in %+v", text, r)
		}
	}
	r = runProgram(t, nil, "store", "status", "-config", file, "-json")
	var s storeSummary
	if err := json.Unmarshal([]byte(r.stdout), &s); err != nil || s.Store.Place != path || s.Schedules == nil || *s.Schedules != 1 || s.Runs[run.Succeeded] != 3 || len(s.Hosts) != 1 {
		t.Errorf("%v in %+v", err, r)
	}
}

func TestSharedStore(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t) // one for both: it takes a while to be made
	named := func(url string) string {
		return storeBlock(t, fmt.Sprintf("store \"postgres\" {\n  url = %q\n}\n", url))
	}
	t.Run("takes up a copy, and gives it back", func(t *testing.T) {
		first, path := storeFile(t)
		fillStore(t, path)
		checkCopies(t, first, named(server.NewDatabase(t)))
	})
	t.Run("is looked at, migrated, and not copied while a host is there", func(t *testing.T) {
		url := server.NewDatabase(t)
		checkShared(t, url, named(url))
	})
}

func checkShared(t *testing.T, url, file string) {
	t.Helper()
	says := func(args, text string) {
		t.Helper()
		r := runProgram(t, nil, append(strings.Fields(args), "-config", file)...)
		if r.code != exitOK || !strings.Contains(r.stdout, text) || strings.Contains(r.stdout+r.stderr, "://") {
			t.Errorf("butlerd %s: %q is not in %+v", args, text, r)
		}
	}
	says("store status", "schema version  none; butlerd store migrate makes it\n")
	says("store status", "schema version  none") // the first look has not made it
	says("store migrate", ", and was made now.\n")
	says("store migrate", " is up to date: its schema has version ")
	says("store status", "schedules       0\n")
	st, err := host.OpenStore(t.Context(), config.Store{Kind: "postgres", Postgres: config.Postgres{URL: url}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.Join(t.Context(), store.Host{ID: "h", Name: "one"}); err != nil {
		t.Fatal(err)
	}
	says("store status", "host one        ready, version unknown, since ")
	other, _ := storeFile(t)
	fillStoreOnce(t, other)
	for _, order := range [][]string{{file, other}, {other, file}} {
		r := runProgram(t, nil, "store", "copy", "-config", order[0], "-to-config", order[1])
		if r.code != exitError || !strings.Contains(r.stderr, `host "one" uses it`) {
			t.Errorf("a copy while a host is there: %+v", r)
		}
	}
}

func TestPlacesHoldNoSecrets(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"postgres://butlerd:hunter2@db.example:5432/butlerd?sslmode=verify-full": "db.example:5432/butlerd",
		"postgresql://db/butlerd":                             "db/butlerd",
		"postgres://u:hunter2@one:5432,two:5433/b":            "one:5432,two:5433/b",
		"postgres://u:hunter2@[::1]:5432/b":                   "[::1]:5432/b",
		"postgres:///b?host=/run/postgresql&password=hunter2": "/b",
		"postgres://u:hunter/2@db/b":                          "",
		"postgres://u:hun?ter2@db/b":                          "",
		"postgres://u:hunter2":                                "",
		"host=db password=hunter2":                            "",
		"postgres://u:hunter2@db/b/c":                         "",
	}
	for url, want := range tests {
		if got := newStorePlace(config.Store{Kind: "postgres", Postgres: config.Postgres{URL: url}}).Place; got != want {
			t.Errorf("%s is shown as %q, not %q", url, got, want)
		}
	}
}

// fakeArchive is a ledger in memory.
type fakeArchive struct {
	records []store.Record
	full    bool
	hosts   []store.Host
	spoil   func(*store.Record) // what is imported
	exports func() error        // after the last record
	imports func() error        // before the end
}

func (f *fakeArchive) Export(_ context.Context, to func(store.Record) error) error {
	for _, r := range f.records {
		if err := to(r); err != nil {
			return err
		}
	}
	if f.exports != nil {
		return f.exports()
	}
	return nil
}

func (f *fakeArchive) Import(_ context.Context, from func() (store.Record, bool, error)) error {
	if f.full {
		return fmt.Errorf("importing: %w", store.ErrExists)
	}
	var taken []store.Record
	for {
		r, ok, err := from()
		if err != nil {
			return err
		}
		if !ok {
			f.records = taken
			return nil
		}
		if f.spoil != nil {
			f.spoil(&r)
		}
		taken = append(taken, r)
		if f.imports != nil {
			if err := f.imports(); err != nil {
				return err
			}
		}
	}
}

func (f *fakeArchive) Hosts(context.Context) ([]store.Host, error) { return f.hosts, nil }

func (f *fakeArchive) Join(context.Context, store.Host) (store.Joined, error) {
	return store.Joined{}, nil
}

func (f *fakeArchive) Leave(context.Context, string, time.Time) ([]run.Run, error) { return nil, nil }

func manyRecords() []store.Record {
	var all []store.Record
	for _, kind := range []store.RecordKind{store.RecordSchedule, store.RecordRun} {
		for i := range 3 * transferAhead {
			all = append(all, store.Record{Kind: kind, Data: json.RawMessage(fmt.Sprintf(`{"i":%d}`, i))})
		}
	}
	return all
}

func TestCopyIsChecked(t *testing.T) {
	t.Parallel()
	broken := fmt.Errorf("the disk is gone")
	tests := map[string]struct {
		from, to *fakeArchive
		err      string // empty: none
		kept     int    // records in the target
	}{
		"and right":                          {from: &fakeArchive{}, to: &fakeArchive{}, kept: len(manyRecords())},
		"and a changed record is found":      {from: &fakeArchive{}, to: &fakeArchive{spoil: spoilOne}, err: "differs from what it was made of, in runs: do not use it", kept: len(manyRecords())},
		"and what is not empty is refused":   {from: &fakeArchive{}, to: &fakeArchive{full: true}, err: "is not empty"},
		"and a source that fails stops it":   {from: &fakeArchive{exports: func() error { return broken }}, to: &fakeArchive{}, err: "the disk is gone"},
		"and a target that fails stops it":   {from: &fakeArchive{}, to: &fakeArchive{imports: func() error { return broken }}, err: "the disk is gone"},
		"and an unknown kind is not dropped": {from: &fakeArchive{records: []store.Record{{Kind: "secrets"}}}, to: &fakeArchive{}, err: `kind "secrets"`, kept: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.from.records == nil {
				tt.from.records = manyRecords()
			}
			var out bytes.Buffer
			err := (&program{stdout: &out}).copyChecked(t.Context(), tt.from, tt.to)
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("error %v, not %q", err, tt.err)
			}
			if len(tt.to.records) != tt.kept {
				t.Errorf("%d records are kept, not %d", len(tt.to.records), tt.kept)
			}
		})
	}
}

func spoilOne(r *store.Record) {
	if r.Kind == store.RecordRun && string(r.Data) == `{"i":7}` {
		r.Data = json.RawMessage(`{"i":8}`)
	}
}

func TestStoresInUseAreRefused(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	held := store.Lease{For: 10 * time.Second, Now: now, Until: now.Add(5 * time.Second)}
	ranOut := store.Lease{For: 10 * time.Second, Now: now, Until: now.Add(-5 * time.Second)}
	tests := map[string]struct {
		host    store.Host
		refused bool
	}{
		"by a host that works":           {store.Host{Name: "a", Lease: held}, true},
		"by a host that drains":          {store.Host{Name: "a", Lease: held, Report: store.Report{Draining: true}}, true},
		"not by one that was killed":     {store.Host{Name: "a", Lease: ranOut}, false},
		"not by one that has ended":      {store.Host{Name: "a", Lease: held, EndedAt: now}, false},
		"not by the last one of a file":  {store.Host{Name: "a"}, false},
		"not by one that ended long ago": {store.Host{Name: "a", EndedAt: now.Add(-time.Hour)}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := unused(t.Context(), &fakeArchive{hosts: []store.Host{tt.host}})
			if (err != nil) != tt.refused {
				t.Errorf("unused = %v", err)
			}
		})
	}
}
