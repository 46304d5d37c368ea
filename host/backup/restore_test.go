package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

func openLedger(t *testing.T) *sqlite.DB {
	t.Helper()
	d, err := sqlite.Open(t.Context(), sqlite.Options{Path: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestBackupsCarryWorkAndValues(t *testing.T) {
	t.Parallel()
	ctx, at := t.Context(), time.Unix(1e9, 0).UTC()
	from := openLedger(t)
	if _, err := from.Join(ctx, store.Host{ID: "h"}); err != nil {
		t.Fatal(err)
	}
	made, _, err := from.Trigger(ctx, store.Trigger{HostID: "h", Start: true, Run: run.Run{
		ID: "r", Trigger: run.ByAPI, DueAt: at, CreatedAt: at, Work: &run.Work{Arguments: []byte(`{"a":"<&>"}`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	// Each of these characters takes the most room that there is in a line.
	value := store.KeyValue{Namespace: "n", Key: "k", Value: string(bytes.Repeat([]byte{1}, store.MaxDocument-1))}
	if err := from.Put(ctx, at, []store.KeyValue{value}, store.KeyValueLimits{}); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := Write(ctx, &file, from, "test", at); err != nil {
		t.Fatal(err)
	}
	to := openLedger(t)
	s, err := Restore(ctx, &file, to)
	if err != nil || s.Records[store.RecordKeyValue] != 1 || s.Records[store.RecordNamespace] != 1 {
		t.Fatalf("restoring: %+v, %v", s.Records, err)
	}
	r, _, err := to.Run(ctx, "r")
	if err != nil || r.Work == nil || string(r.Work.Arguments) != string(made.Work.Arguments) {
		t.Errorf("the run is %+v, %v", r, err)
	}
	if v, err := to.Get(ctx, at, "n", "k"); err != nil || v != value {
		t.Errorf("the value has %d bytes, %v", len(v.Value), err)
	}
}

// A backup of version 1 has no work, and no values.
func TestABackupOfVersion1IsRestored(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	zipped := gzip.NewWriter(&file)
	out := &writer{out: bufio.NewWriter(zipped), sum: sha256.New(), records: map[store.RecordKind]int64{}}
	steps := []error{
		out.line(Header{Format: format, Version: 1, MadeBy: "before"}),
		out.record(store.Record{Kind: store.RecordRun, Data: []byte(`{"id":"r","schedule_id":"s","due_at":1,"created_at":2,"state":"lost"}`)}),
		out.record(store.Record{Kind: store.RecordLedger, Data: []byte(`{"settled_until":null}`)}),
		out.line(trailer{End: true, Records: out.records, SHA256: hex.EncodeToString(out.sum.Sum(nil))}),
		out.out.Flush(), zipped.Close(),
	}
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
	to := openLedger(t)
	if _, err := Restore(context.Background(), &file, to); err != nil {
		t.Fatal(err)
	}
	r, _, err := to.Run(t.Context(), "r")
	names, failed := to.Namespaces(t.Context())
	if err != nil || failed != nil || r.State != run.Lost || r.Work != nil || len(names) != 0 {
		t.Errorf("the run is %+v, %v, the namespaces %q, %v", r, err, names, failed)
	}
}
