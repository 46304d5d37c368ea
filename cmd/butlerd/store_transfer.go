package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"

	"butlerd/host/store"
)

// transferAhead is how many records may have been read and not yet written. The
// ledger as a whole need not fit into memory.
const transferAhead = 256

// transfer moves all records of one store into another. When either fails,
// nothing stays in the other.
func transfer(ctx context.Context, from, to store.Archive) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	records := make(chan store.Record, transferAhead)
	var failed error // of the export; read once records is closed
	go func() {
		defer close(records)
		failed = from.Export(ctx, func(r store.Record) error {
			select {
			case records <- r:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	err := to.Import(ctx, func() (store.Record, bool, error) {
		r, ok := <-records
		if !ok {
			return r, false, failed
		}
		return r, true, nil
	})
	cancel() // an import that failed leaves records behind
	for range records {
	}
	return err
}

// contents is what a store holds of one kind of records.
type contents struct {
	records int64
	sum     [sha256.Size]byte // over the records, in their order
}

// digest reads all of a store.
func digest(ctx context.Context, st store.Archive) (map[store.RecordKind]contents, error) {
	sums := map[store.RecordKind]hash.Hash{}
	all := map[store.RecordKind]contents{}
	for _, kind := range store.RecordKinds() {
		sums[kind] = sha256.New()
	}
	err := st.Export(ctx, func(r store.Record) error {
		sum, ok := sums[r.Kind]
		if !ok {
			return fmt.Errorf("there are no records of the kind %q", r.Kind)
		}
		c := all[r.Kind]
		c.records++
		all[r.Kind] = c
		// The length tells two records from one that looks like both.
		fmt.Fprintf(sum, "%d %s\n", len(r.Data), r.Data)
		return nil
	})
	for kind, sum := range sums {
		c := all[kind]
		sum.Sum(c.sum[:0])
		all[kind] = c
	}
	return all, err
}
