package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

// Remove removes a key.
func (d *DB) Remove(ctx context.Context, at time.Time, namespace, key string) error {
	const act = "removing a value"
	name := store.KeyName{Namespace: namespace, Key: key}
	if err := name.Check(); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return d.writeValue(ctx, act, valueJob{len(namespace) + len(key), func(t *tx, sum *totals) error {
		return t.remove(at, name, sum)
	}})
}

const removeQuery = "DELETE FROM key_values WHERE namespace = $1 AND key = $3 AND " + there + " RETURNING bytes"

func (t *tx) remove(at time.Time, n store.KeyName, sum *totals) error {
	var known bool
	var gone []int64
	t.q(namespaceQuery, n.Namespace).QueryRow(into(&known))
	list(t, &gone, scanNumber, removeQuery, n.Namespace, at, n.Key)
	if err := t.flush(); err != nil {
		return err
	}
	if !known {
		return errNoNamespace(n.Namespace)
	}
	if len(gone) == 0 {
		return errNoKey(n)
	}
	sum.bytes -= gone[0]
	t.addKeys(map[string]int64{n.Namespace: -1})
	return nil
}

func scanNumber(rows pgx.Rows) (n int64, err error) {
	err = rows.Scan(&n)
	return n, err
}

// RemoveNamespace removes a namespace with all its keys.
func (d *DB) RemoveNamespace(ctx context.Context, namespace string) error {
	const act = "removing a namespace"
	if err := store.CheckNamespace(namespace); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	for {
		gone := false
		err := d.writeValue(ctx, act, valueJob{len(namespace), func(t *tx, sum *totals) (err error) {
			gone, err = t.removeOfNamespace(namespace, sum)
			return err
		}})
		if err != nil || gone {
			return err
		}
	}
}

// biteBytes is how much is removed of a namespace at once, and one value more.
const biteBytes = 4 << 20

const (
	removeSomeQuery = `DELETE FROM key_values WHERE ctid = ANY (ARRAY (SELECT place FROM (
	SELECT place, sum(bytes) OVER (ORDER BY seq) - bytes AS before FROM (
		SELECT ctid AS place, seq, bytes FROM key_values WHERE namespace = $1 ORDER BY namespace, seq LIMIT $2::bigint) AS found
	) AS counted WHERE before < $3::bigint)) RETURNING bytes`
	removeEmptyQuery = "DELETE FROM key_value_namespaces WHERE name = $1 AND keys = 0 RETURNING keys"
)

// removeOfNamespace removes some of a namespace, and says whether that was the last.
func (t *tx) removeOfNamespace(name string, sum *totals) (gone bool, err error) {
	var known bool
	var bytes, emptied []int64
	t.q(namespaceQuery, name).QueryRow(into(&known))
	list(t, &bytes, scanNumber, removeSomeQuery, name, roomBite, biteBytes)
	if err := t.flush(); err != nil {
		return false, err
	}
	if !known {
		return false, errNoNamespace(name)
	}
	for _, n := range bytes {
		sum.bytes -= n
	}
	t.addKeys(map[string]int64{name: -int64(len(bytes))})
	list(t, &emptied, scanNumber, removeEmptyQuery, name)
	if err := t.flush(); err != nil {
		return false, err
	}
	sum.namespaces -= int64(len(emptied))
	return len(emptied) > 0, nil
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
		n, err := d.removeExpired(ctx, act, expiring{at, min(roomBite, limit-removed), nil})
		if err != nil || n == 0 {
			return removed, err
		}
		removed += n
	}
	return removed, nil
}

func (d *DB) removeExpired(ctx context.Context, act string, what expiring) (n int, err error) {
	err = d.writeValue(ctx, act, valueJob{0, func(t *tx, sum *totals) error {
		n, err = t.removeExpired(what, sum)
		return err
	}})
	return n, err
}

const (
	expiredOfAllQuery = `DELETE FROM key_values WHERE ctid = ANY (ARRAY (SELECT ctid FROM key_values
	WHERE expires_at IS NOT NULL AND expires_at <= $1::timestamptz ORDER BY expires_at LIMIT $2::bigint)) RETURNING namespace, bytes`
	expiredOfOneQuery = `DELETE FROM key_values WHERE ctid = ANY (ARRAY (SELECT ctid FROM key_values
	WHERE expires_at IS NOT NULL AND expires_at <= $1::timestamptz AND namespace = $3 ORDER BY expires_at LIMIT $2::bigint))
	RETURNING namespace, bytes`
)

func (t *tx) removeExpired(what expiring, sum *totals) (n int, err error) {
	query, args := expiredOfAllQuery, []any{what.at, what.limit}
	if what.namespace != nil {
		query, args = expiredOfOneQuery, append(args, *what.namespace)
	}
	keys := map[string]int64{}
	each(t, func(rows pgx.Rows) error {
		var namespace string
		var bytes int64
		err := rows.Scan(&namespace, &bytes)
		keys[namespace]--
		sum.bytes -= bytes
		n++
		return err
	}, query, args...)
	if err := t.flush(); err != nil {
		return 0, err
	}
	t.addKeys(keys)
	return n, nil
}
