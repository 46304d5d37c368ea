package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

// roomBite is how many values are removed at once to make room.
const roomBite = 200

// Put keeps values, all or none. Put again, they are the same: a commit whose answer
// was lost is not asked about.
func (d *DB) Put(ctx context.Context, at time.Time, values []store.KeyValue, limits store.KeyValueLimits) error {
	const act = "putting values"
	if err := store.CheckPut(values); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	bytes := 0
	for _, v := range values {
		bytes += int(v.Bytes()) + len(v.Namespace)
	}
	job := valueJob{bytes, func(t *tx, sum *totals) error { return t.put(at, values, limits, sum) }}
	return store.PutMakingRoom(func() error {
		return d.writeValue(ctx, act, job)
	}, func(namespace *string) (n int, err error) {
		return d.removeExpired(ctx, act, expiring{at, roomBite, namespace})
	})
}

// The facts of a Put. Each value is looked up by itself, see factsQuery.
const (
	countedQuery    = "SELECT name, keys FROM key_value_namespaces WHERE name = ANY ($1::text[])"
	keptValuesQuery = `SELECT a.namespace, a.key, v.bytes, v.expired FROM unnest($1::text[], $2::text[]) AS a (namespace, key)
CROSS JOIN LATERAL (SELECT bytes, coalesce(expires_at <= $3::timestamptz, false) AS expired FROM key_values
	WHERE namespace = a.namespace AND key = a.key LIMIT 1) AS v`
	addNamespacesQuery = `INSERT INTO key_value_namespaces (name, keys)
SELECT name, 0 FROM unnest($1::text[]) WITH ORDINALITY AS m (name, n) ORDER BY n`
	// What has expired is not there: what takes its place is the last in the order.
	putQuery = `INSERT INTO key_values AS v (` + keyValueColumns + `, bytes)
SELECT namespace, key, value, expires_at, bytes
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[]) WITH ORDINALITY AS p (` + keyValueColumns + `, bytes, n)
ORDER BY n
ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at, bytes = excluded.bytes,
	seq = CASE WHEN v.expires_at <= $6::timestamptz THEN excluded.seq ELSE v.seq END`
)

func (t *tx) put(at time.Time, values []store.KeyValue, limits store.KeyValueLimits, sum *totals) error {
	facts, err := t.keyValueFacts(at, values, sum)
	if err != nil {
		return err
	}
	p, err := store.PlanPut(values, facts, limits)
	if err != nil || len(p.Values) == 0 {
		return err
	}
	if len(p.Made) > 0 {
		t.q(addNamespacesQuery, p.Made)
	}
	t.q(putQuery, column(p.Values, namespaceOf), column(p.Values, keyOf),
		column(p.Values, func(v store.KeyValue) string { return v.Value }),
		column(p.Values, func(v store.KeyValue) *time.Time { return orNull(v.ExpiresAt) }),
		column(p.Values, store.KeyValue.Bytes), at)
	t.addKeys(p.Added)
	sum.namespaces, sum.bytes = sum.namespaces+int64(len(p.Made)), sum.bytes+p.Bytes
	return t.flush()
}

func namespaceOf(v store.KeyValue) string { return v.Namespace }

func keyOf(v store.KeyValue) string { return v.Key }

// keyValueFacts finds out what PlanPut has to know.
func (t *tx) keyValueFacts(at time.Time, values []store.KeyValue, sum *totals) (store.KeyValueFacts, error) {
	f := store.KeyValueFacts{Keys: map[string]int64{}, Kept: map[store.KeyName]store.KeptValue{}}
	each(t, func(rows pgx.Rows) error {
		var name string
		var keys int64
		err := rows.Scan(&name, &keys)
		f.Keys[name] = keys
		return err
	}, countedQuery, column(values, namespaceOf))
	each(t, func(rows pgx.Rows) error {
		var n store.KeyName
		var k store.KeptValue
		err := rows.Scan(&n.Namespace, &n.Key, &k.Bytes, &k.Expired)
		f.Kept[n] = k
		return err
	}, keptValuesQuery, column(values, namespaceOf), column(values, keyOf), at)
	err := t.flush()
	f.Namespaces, f.Bytes = sum.namespaces, sum.bytes
	return f, err
}
