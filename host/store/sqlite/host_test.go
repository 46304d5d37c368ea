package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/store"
)

func TestHostsAreForgottenAfterADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openInternal(t)
		listed := func() (ids []string) {
			all, err := d.Hosts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range all {
				ids = append(ids, h.ID)
			}
			return ids
		}
		time.Sleep(48 * time.Hour) // a lease does not end by itself
		if diff := cmp.Diff([]string{"host"}, listed()); diff != "" {
			t.Errorf("the hosts after two days (-want +got):\n%s", diff)
		}
		if _, err := d.Leave(t.Context(), "host", time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(23 * time.Hour)
		if len(listed()) != 1 {
			t.Error("the host is forgotten within the day")
		}
		time.Sleep(2 * time.Hour)
		if len(listed()) != 0 {
			t.Error("the host is listed after more than a day")
		}
		joinHost(t, d)
		if n := count(t, d, "hosts"); n != 1 {
			t.Errorf("there are %d rows of hosts", n)
		}
	})
}

func count(t *testing.T, d *DB, table string) (n int) {
	t.Helper()
	if err := d.writer.conn.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestOlderLedgerIsBroughtUpToDate opens a ledger as it was before hosts were
// kept, with a run that was open as its host ended.
func TestOlderLedgerIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "b.db")
	writeVersion1(t, path)
	d := openFile(t, path)
	if _, _, err := d.Trigger(t.Context(), store.Trigger{HostID: "h", Run: run.Run{ID: "x", ScheduleID: "s"}}); !errors.Is(err, store.ErrFenced) {
		t.Errorf("got the error %v, want that the host that is gone is fenced", err)
	}
	joined, err := d.Join(t.Context(), store.Host{ID: "host"})
	if err != nil || !joined.Alone || len(joined.Ended) != 2 {
		t.Fatalf("joining gave %+v, %v", joined, err)
	}
	counts, err := d.Counts(t.Context())
	if diff := cmp.Diff(map[run.State]int64{run.Lost: 1, run.Cancelled: 1}, counts.Runs); diff != "" || err != nil {
		t.Errorf("the counts, %v (-want +got):\n%s", err, diff)
	}
	checkExport(t, d, map[store.RecordKind]int{store.RecordFiring: 2, store.RecordRun: 2, store.RecordAttempt: 1, store.RecordLedger: 1})
	version, err := d.SchemaVersion(t.Context())
	if err != nil || version != 4 {
		t.Errorf("the schema has version %d, %v", version, err)
	}
	h, err := d.Hold(t.Context(), store.Hold{ID: "h", All: true, Reason: "r", Since: fromMicros(1)})
	if err != nil || micros(h.Since) != 2 {
		t.Errorf("a hold begins at %d, %v, want behind what is settled", micros(h.Since), err)
	}
	runs, err := d.FiringRuns(t.Context(), store.SettlementQuery{})
	if err != nil || len(runs) != 2 {
		t.Errorf("the runs of firings are %+v, %v", runs, err)
	}
}

func writeVersion1(t *testing.T, path string) {
	t.Helper()
	db, err := openWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := newProvider(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	runs := "INSERT INTO runs (" + plainColumns + ") VALUES ('%s', 's', '', 1, 'firing', '', '', %d, 1, NULL, NULL, '%s', '', 'a', 'p', '', '', %d)"
	for _, statement := range []string{
		fmt.Sprintf(runs, "ran", 1, "running", 1), fmt.Sprintf(runs, "waits", 2, "waiting", 0),
		"INSERT INTO attempts VALUES ('ran', 1, 'h', 'running', '', 1, NULL, '', '', NULL, 0, 0, 0)",
		"INSERT INTO counts VALUES ('runs', 'running', 1), ('runs', 'waiting', 1), ('firings', 'ran', 2)",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func checkExport(t *testing.T, d *DB, want map[store.RecordKind]int) {
	t.Helper()
	got := map[store.RecordKind]int{}
	err := d.Export(t.Context(), func(r store.Record) error {
		got[r.Kind]++
		return nil
	})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("the records, %v (-want +got):\n%s", err, diff)
	}
}

// TestImportsAtATime has two imports wait at the same time: the one that loses
// takes nothing from the other.
func TestImportsAtATime(t *testing.T) {
	t.Parallel()
	const records = 1000
	d := openFile(t, filepath.Join(t.TempDir(), "b.db"))
	errs := make([]error, 4)
	var group sync.WaitGroup
	for i := range errs {
		n := 0
		group.Go(func() {
			errs[i] = d.Import(t.Context(), func() (store.Record, bool, error) {
				n++
				r, err := store.NewRecord(store.RecordFiring, store.FiringRecord{ScheduleID: "s", DueAt: int64(n), Outcome: run.Missed})
				return r, n <= records, err
			})
		})
	}
	group.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if !errors.Is(err, store.ErrExists) {
			t.Errorf("got the error %v", err)
		}
	}
	if done != 1 {
		t.Errorf("%d imports were done, want one", done)
	}
	checkExport(t, d, map[store.RecordKind]int{store.RecordFiring: records, store.RecordLedger: 1})
}

func TestPlansOfExports(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	for _, s := range sources() {
		t.Run(fmt.Sprintf("an export of %s is read in order, and not sorted", s.kind), func(t *testing.T) {
			for _, step := range plan(t, d, s.query, nil) {
				// The open runs of a schedule are sorted among themselves: they are few.
				ofOpen := s.kind == store.RecordFiring && strings.Contains(step.text, "LAST TERM")
				if strings.Contains(step.text, "TEMP B-TREE") && !ofOpen {
					t.Errorf("it is sorted: %s", step.text)
				}
			}
		})
	}
}
