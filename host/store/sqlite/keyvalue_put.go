package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"butlerd/host/store"
)

// putting is a Put that was checked.
type putting struct {
	at     time.Time
	list   []store.KeyValue
	limits store.KeyValueLimits
}

// Put keeps values, all or none.
func (d *DB) Put(ctx context.Context, at time.Time, list []store.KeyValue, limits store.KeyValueLimits) error {
	const act = "putting values"
	if err := store.CheckPut(list); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return store.PutMakingRoom(func() error {
		_, err := submit(ctx, d.writer, act, each((*tx).put), putting{at, list, limits})
		return err
	}, func(namespace *string) (int, error) {
		return submit(ctx, d.writer, "making room for values", each((*tx).removeExpired), expiring{at, pruneRows, namespace})
	})
}

func (t *tx) put(what putting) (struct{}, error) {
	none := struct{}{}
	facts, err := t.keyValueFacts(what)
	if err != nil {
		return none, err
	}
	p, err := store.PlanPut(what.list, facts, what.limits)
	if err != nil {
		return none, err
	}
	for _, name := range p.Made {
		if err := t.exec("INSERT INTO key_value_namespaces (name, keys) VALUES (?, 0)", name); err != nil {
			return none, err
		}
	}
	for _, v := range p.Values {
		if err := t.keepValue(v, facts.Kept, what.at); err != nil {
			return none, err
		}
	}
	return none, t.addTotals(int64(len(p.Made)), p.Bytes, p.Added)
}

const (
	totalsQuery        = "SELECT namespaces, bytes FROM key_value_totals"
	countedQuery       = "SELECT keys FROM key_value_namespaces WHERE name = ?"
	keptValueQuery     = "SELECT bytes, expires_at IS NOT NULL AND expires_at <= ? FROM key_values WHERE namespace = ? AND key = ?"
	addKeyValueQuery   = "INSERT INTO key_values (" + keyValueColumns + ", bytes) VALUES ()"
	replaceQuery       = "UPDATE key_values SET value = ?, expires_at = ?, bytes = ? WHERE namespace = ? AND key = ?"
	deleteExpiredQuery = "DELETE FROM key_values WHERE namespace = ? AND key = ? AND expires_at <= ?"
)

// keyValueFacts finds out what PlanPut has to know.
func (t *tx) keyValueFacts(what putting) (store.KeyValueFacts, error) {
	f := store.KeyValueFacts{Keys: map[string]int64{}, Kept: map[store.KeyName]store.KeptValue{}}
	err := t.query(func(rows *sql.Rows) error { return rows.Scan(&f.Namespaces, &f.Bytes) }, totalsQuery)
	if err != nil {
		return f, err
	}
	asked := map[string]bool{}
	for _, v := range what.list {
		if n := v.Namespace; !asked[n] {
			asked[n] = true
			err := t.query(func(rows *sql.Rows) error {
				var keys int64
				err := rows.Scan(&keys)
				f.Keys[n] = keys
				return err
			}, countedQuery, n)
			if err != nil {
				return f, err
			}
		}
		err := t.query(func(rows *sql.Rows) error {
			var k store.KeptValue
			err := rows.Scan(&k.Bytes, &k.Expired)
			f.Kept[v.Name()] = k
			return err
		}, keptValueQuery, micros(what.at), v.Namespace, v.Key)
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// keepValue writes a value. One that has expired is not there: what takes its place
// is the last in the order.
func (t *tx) keepValue(v store.KeyValue, kept map[store.KeyName]store.KeptValue, at time.Time) error {
	old, there := kept[v.Name()]
	if there && !old.Expired {
		return t.exec(replaceQuery, v.Value, microsOrNull(v.ExpiresAt), v.Bytes(), v.Namespace, v.Key)
	}
	if there {
		if err := t.exec(deleteExpiredQuery, v.Namespace, v.Key, micros(at)); err != nil {
			return err
		}
	}
	return t.bulk(nil, addKeyValueQuery, 5, keyValueArgs(v))
}

// keyValueArgs are the values of addKeyValueQuery.
func keyValueArgs(v store.KeyValue) []any {
	return []any{v.Namespace, v.Key, v.Value, microsOrNull(v.ExpiresAt), v.Bytes()}
}

// addTotals keeps how much there is: keys are how many more each namespace has.
func (t *tx) addTotals(namespaces, bytes int64, keys map[string]int64) error {
	for name, n := range keys {
		if n != 0 {
			if err := t.exec("UPDATE key_value_namespaces SET keys = keys + ? WHERE name = ?", n, name); err != nil {
				return err
			}
		}
	}
	return t.exec("UPDATE key_value_totals SET namespaces = namespaces + ?, bytes = bytes + ?", namespaces, bytes)
}

// An import counts what it has added.
const (
	countKeysQuery = `UPDATE key_value_namespaces SET keys = (
	SELECT count(*) FROM key_values INDEXED BY key_values_order WHERE namespace = name)`
	sumKeyValuesQuery = `UPDATE key_value_totals SET namespaces = (SELECT count(*) FROM key_value_namespaces),
	bytes = (SELECT coalesce(sum(bytes), 0) FROM key_values)`
)
