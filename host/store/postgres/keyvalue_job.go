package postgres

import (
	"context"
	"errors"
	"fmt"

	"butlerd/host/store"
)

// Whoever writes values locks the row of their totals, so that hosts which write at
// once keep to the limits together. The writes of one host are carried out by one
// goroutine, many in a transaction: any number of callers that wait for the lock take
// one connection, and firings find others.

// valueJob is a write to the key-value store. It may be carried out more than once,
// when others stood in the way of its transaction.
type valueJob struct {
	bytes int
	do    func(*tx, *totals) error
}

func sizeOfValueJob(j valueJob) int { return j.bytes }

// totals are the row of key_value_totals while it is locked.
type totals struct{ namespaces, bytes int64 }

const lockTotalsQuery = "SELECT namespaces, bytes FROM key_value_totals FOR UPDATE"

// writeValues carries out jobs one after the other. What a job is refused, it is
// told before it writes anything: the others are written all the same.
func (t *tx) writeValues(jobs []valueJob) ([]error, error) {
	var sum totals
	t.q(lockTotalsQuery).QueryRow(into(&sum.namespaces, &sum.bytes))
	refused := make([]error, len(jobs))
	for i, j := range jobs {
		err := j.do(t, &sum)
		if err != nil && !isRefusal(err) {
			return nil, err
		}
		refused[i] = err
	}
	t.q("UPDATE key_value_totals SET namespaces = $1, bytes = $2", sum.namespaces, sum.bytes)
	return refused, t.flush()
}

func isRefusal(err error) bool {
	return errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrNoNamespace) || errors.Is(err, store.ErrNotFound)
}

// writeValue submits a job and waits for it.
func (d *DB) writeValue(ctx context.Context, act string, j valueJob) error {
	refused, err := d.values.submit(ctx, j)
	if err == nil {
		err = refused
	}
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return nil
}

// addKeysQuery keeps how many keys namespaces have more.
const addKeysQuery = `UPDATE key_value_namespaces n SET keys = n.keys + d.n
FROM unnest($1::text[], $2::bigint[]) AS d (name, n) WHERE n.name = d.name`

func (t *tx) addKeys(added map[string]int64) {
	var names []string
	var counts []int64
	for name, n := range added {
		if n != 0 {
			names, counts = append(names, name), append(counts, n)
		}
	}
	if len(names) > 0 {
		t.q(addKeysQuery, names, counts)
	}
}

// An import counts what it has added.
const (
	countKeysQuery = `UPDATE key_value_namespaces SET keys = (
	SELECT count(*) FROM key_values WHERE namespace = name)`
	sumKeyValuesQuery = `UPDATE key_value_totals SET namespaces = (SELECT count(*) FROM key_value_namespaces),
	bytes = (SELECT coalesce(sum(bytes), 0)::bigint FROM key_values)`
)
