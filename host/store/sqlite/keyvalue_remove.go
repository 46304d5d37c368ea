package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"butlerd/host/store"
)

// removing is a value that is to be removed, if it is there at an instant.
type removing struct {
	at time.Time
	store.KeyName
}

// Remove removes a key.
func (d *DB) Remove(ctx context.Context, at time.Time, namespace, key string) error {
	const act = "removing a value"
	name := store.KeyName{Namespace: namespace, Key: key}
	if err := name.Check(); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	_, err := submit(ctx, d.writer, act, each((*tx).remove), removing{at, name})
	return err
}

const removeQuery = "DELETE FROM key_values WHERE namespace = ? AND key = ? AND " + there + " RETURNING bytes"

func (t *tx) remove(what removing) (struct{}, error) {
	none := struct{}{}
	if err := t.needNamespace(what.Namespace); err != nil {
		return none, err
	}
	var bytes int64
	gone := false
	err := t.query(func(rows *sql.Rows) error {
		gone = true
		return rows.Scan(&bytes)
	}, removeQuery, what.Namespace, what.Key, micros(what.at))
	if err != nil {
		return none, err
	}
	if !gone {
		return none, errNoKey(what.KeyName)
	}
	return none, t.addTotals(0, -bytes, map[string]int64{what.Namespace: -1})
}

func (t *tx) needNamespace(name string) error {
	found := false
	err := t.query(func(*sql.Rows) error {
		found = true
		return nil
	}, namespaceQuery, name)
	if err == nil && !found {
		err = errNoNamespace(name)
	}
	return err
}

// RemoveNamespace removes a namespace with all its keys.
func (d *DB) RemoveNamespace(ctx context.Context, namespace string) error {
	const act = "removing a namespace"
	if err := store.CheckNamespace(namespace); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	for {
		gone, err := submit(ctx, d.writer, act, each((*tx).removeOfNamespace), namespace)
		if err != nil || gone {
			return err
		}
	}
}

// biteBytes is how much is removed of a namespace at once, and one value more.
const biteBytes = 4 << 20

const (
	removeSomeQuery = `DELETE FROM key_values WHERE seq IN (SELECT seq FROM (
	SELECT seq, sum(bytes) OVER (ORDER BY seq) - bytes AS before FROM (
		SELECT seq, bytes FROM key_values INDEXED BY key_values_order WHERE namespace = ? ORDER BY seq LIMIT ?)) WHERE before < ?)
	RETURNING bytes`
	removeEmptyQuery = "DELETE FROM key_value_namespaces WHERE name = ? AND keys = 0 RETURNING keys"
)

// removeOfNamespace removes some of a namespace, and says whether that was the last.
func (t *tx) removeOfNamespace(name string) (gone bool, err error) {
	if err := t.needNamespace(name); err != nil {
		return false, err
	}
	var keys, total int64
	err = t.query(func(rows *sql.Rows) error {
		var bytes int64
		err := rows.Scan(&bytes)
		keys++
		total += bytes
		return err
	}, removeSomeQuery, name, pruneRows, biteBytes)
	if err != nil {
		return false, err
	}
	if err := t.addTotals(0, -total, map[string]int64{name: -keys}); err != nil {
		return false, err
	}
	err = t.query(func(*sql.Rows) error { gone = true; return nil }, removeEmptyQuery, name)
	if err != nil || !gone {
		return false, err
	}
	return true, t.addTotals(-1, 0, nil)
}

// expiring is a part of what has expired.
type expiring struct {
	at        time.Time
	limit     int
	namespace *string // nil: of all
}

// RemoveExpired removes what has expired, a little in each transaction: others wait
// for it.
func (d *DB) RemoveExpired(ctx context.Context, at time.Time, limit int) (removed int, err error) {
	const act = "removing what has expired"
	if err := store.CheckExpired(limit); err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	for removed < limit {
		n, err := submit(ctx, d.writer, act, each((*tx).removeExpired), expiring{at, min(pruneRows, limit-removed), nil})
		if err != nil || n == 0 {
			return removed, err
		}
		removed += n
	}
	return removed, nil
}

const (
	expiredOfAllQuery = `SELECT seq FROM key_values INDEXED BY key_values_expire
	WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?`
	expiredOfOneQuery = `SELECT seq FROM key_values INDEXED BY key_values_expire_of
	WHERE expires_at IS NOT NULL AND expires_at <= ?1 AND namespace = ?3 ORDER BY expires_at LIMIT ?2`
)

// deleteSeqs deletes the values that a query finds.
func deleteSeqs(query string) string {
	return "DELETE FROM key_values WHERE seq IN (" + query + ") RETURNING namespace, bytes"
}

func (t *tx) removeExpired(what expiring) (n int, err error) {
	query, args := expiredOfAllQuery, []any{micros(what.at), what.limit}
	if what.namespace != nil {
		query, args = expiredOfOneQuery, append(args, *what.namespace)
	}
	var total int64
	keys := map[string]int64{}
	err = t.query(func(rows *sql.Rows) error {
		var bytes int64
		var namespace string
		err := rows.Scan(&namespace, &bytes)
		keys[namespace]--
		total += bytes
		n++
		return err
	}, deleteSeqs(query), args...)
	if err != nil || n == 0 {
		return 0, err
	}
	return n, t.addTotals(0, -total, keys)
}
