package explain

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"butlerd/host/run"
	"butlerd/host/store"
)

var update = flag.Bool("update", false, "write what explanations are into the golden files")

// ledger is a ledger in memory, read from a golden file.
type ledger struct {
	Now          time.Time // zero: a time in 2026 after all that happens
	SettledTo    time.Time `json:"SettledUntil"`
	Kept         time.Time `json:"KeptSince"`
	HostList     []store.Host
	VersionList  []store.Version
	HoldList     []store.Hold
	FiringList   []run.Firing
	RunList      []run.Run
	AttemptsList []run.Attempt
}

// UnmarshalJSON reads what the golden files call by shorter names.
func (l *ledger) UnmarshalJSON(data []byte) error {
	var doc struct {
		Now, SettledUntil, KeptSince time.Time
		Hosts                        []store.Host
		Versions                     []store.Version
		Holds                        []store.Hold
		Firings                      []run.Firing
		Runs                         []run.Run
		Attempts                     []run.Attempt
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	*l = ledger{doc.Now, doc.SettledUntil, doc.KeptSince, doc.Hosts, doc.Versions, doc.Holds, doc.Firings, doc.Runs, doc.Attempts}
	return nil
}

func (l *ledger) VersionsOf(_ context.Context, id string) ([]store.Version, error) {
	return slices.DeleteFunc(slices.Clone(l.VersionList), func(v store.Version) bool { return v.ID != id }), nil
}
func (l *ledger) Holds(context.Context, time.Time) ([]store.Hold, error) { return l.HoldList, nil }
func (l *ledger) SettledUntil(context.Context) (time.Time, error)        { return l.SettledTo, nil }
func (l *ledger) KeptSince(context.Context) (time.Time, error)           { return l.Kept, nil }
func (l *ledger) Hosts(context.Context) ([]store.Host, error)            { return l.HostList, nil }
func (l *ledger) Children(_ context.Context, id string) ([]run.Run, error) {
	return l.runs(func(r run.Run) bool { return r.ParentID == id }), nil
}

func (l *ledger) runs(fits func(run.Run) bool) []run.Run {
	return slices.DeleteFunc(slices.Clone(l.RunList), func(r run.Run) bool { return !fits(r) })
}

func (l *ledger) Firings(_ context.Context, q store.FiringQuery) (list []run.Firing, err error) {
	for _, f := range l.FiringList {
		if f.ScheduleID == q.ScheduleID && !f.DueAt.Before(q.From) && f.DueAt.Before(q.To) {
			list = append(list, f)
		}
	}
	return list, nil
}

func (l *ledger) Runs(_ context.Context, q store.RunQuery) (store.RunPage, error) {
	return store.RunPage{Runs: l.runs(func(r run.Run) bool {
		return r.ScheduleID == q.ScheduleID && !r.CreatedAt.Before(q.From) && r.CreatedAt.Before(q.To)
	})}, nil
}

func (l *ledger) Run(_ context.Context, id string) (run.Run, []run.Attempt, error) {
	i := slices.IndexFunc(l.RunList, func(r run.Run) bool { return r.ID == id })
	if i < 0 {
		return run.Run{}, nil, store.ErrNotFound
	}
	return l.RunList[i], slices.DeleteFunc(slices.Clone(l.AttemptsList), func(a run.Attempt) bool { return a.RunID != id }), nil
}

// Each file of testdata is a ledger, a time, and what there is to say of it.
func TestExplain(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			golden(t, path)
		})
	}
}

func golden(t *testing.T, path string) {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	var l ledger
	if err := json.Unmarshal([]byte(files["ledger.json"]), &l); err != nil {
		t.Fatal(err)
	}
	if l.Now.IsZero() {
		l.Now = time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	e, err := Explain(t.Context(), &l, Query{ScheduleID: l.VersionList[0].ID, At: strings.TrimSpace(files["at"]), Now: l.Now})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := e.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if *update {
		archive.Files = append(archive.Files[:2:2], txtar.File{Name: "want", Data: []byte(text.String())})
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(files["want"], text.String()); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
}

func TestWhatIsMeant(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ text, want, note string }{
		"an instant":                    {"2026-12-24T17:00:00Z", "2026-12-24T17:00:00Z", ""},
		"an instant with an offset":     {"2026-12-24T17:00:00+02:00", "2026-12-24T15:00:00Z", ""},
		"a time on the wall":            {"2026-12-24 18:00", "2026-12-24T17:00:00Z", ""},
		"one with seconds":              {"2026-07-24 18:00:05", "2026-07-24T16:00:05Z", ""},
		"one with a T":                  {"2026-07-24T18:00", "2026-07-24T16:00:00Z", ""},
		"one in a gap":                  {"2026-03-29 02:00", "2026-03-29T01:00:00Z", "does not exist"},
		"one at the end of a gap":       {"2026-03-29 03:00", "2026-03-29T01:00:00Z", ""},
		"one that comes twice":          {"2026-10-25 02:00", "2026-10-25T00:00:00Z", "comes twice"},
		"one after those":               {"2026-10-25 03:00", "2026-10-25T02:00:00Z", ""},
		"one the day before the change": {"2026-03-28 12:00", "2026-03-28T11:00:00Z", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, note, err := parseTime(tt.text, zone)
			if err != nil || at.Format(time.RFC3339) != tt.want || (tt.note == "") != (note == "") || !strings.Contains(note, tt.note) {
				t.Errorf("%s, %q, %v", at, note, err)
			}
		})
	}
	for _, text := range []string{"soon", "2026-13-01 00:00", "18:00", "0000-01-01 00:00", "9999-12-31T23:30:00Z"} {
		if _, _, err := parseTime(text, zone); !errors.Is(err, ErrTime) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestUnknownSchedule(t *testing.T) {
	t.Parallel()
	if _, err := Explain(t.Context(), &ledger{}, Query{ScheduleID: "x"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

// A version of an older program may have a timing that this one refuses: the others
// are explained all the same.
func TestAVersionThatCannotBeReadIsSaidToBe(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	version := func(n int64, cron string, since, until time.Time) store.Version {
		v := store.Version{Until: until}
		v.Since = since
		v.ID, v.Cron, v.Timezone, v.Started, v.Schedule.Version = "s", cron, "UTC", true, n
		return v
	}
	l := &ledger{VersionList: []store.Version{
		version(1, "what was once right", at.AddDate(0, 0, -2), at.AddDate(0, 0, -1)),
		version(2, "0 12 * * *", at.AddDate(0, 0, -1), time.Time{}),
	}, SettledTo: at}
	e, err := Explain(t.Context(), l, Query{ScheduleID: "s", At: "2026-03-02T12:00:00Z", Now: at})
	if err != nil || e.Verdict != Expected {
		t.Errorf("verdict %q, error %v", e.Verdict, err)
	}
	e, err = Explain(t.Context(), l, Query{ScheduleID: "s", At: "2026-02-27T18:00:00Z", Now: at})
	if err != nil || e.Verdict != NoFiring || !strings.Contains(e.Summary, "cannot read when version 1 fires") {
		t.Errorf("verdict %q, %s, error %v", e.Verdict, e.Summary, err)
	}
}
