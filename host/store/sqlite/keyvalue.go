package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"butlerd/host/store"
)

const (
	namespaceQuery  = "SELECT 1 FROM key_value_namespaces WHERE name = ?"
	namespacesQuery = "SELECT name FROM key_value_namespaces ORDER BY seq"

	there         = "(expires_at IS NULL OR expires_at > ?)" // at an instant
	keyValueQuery = "SELECT " + keyValueColumns + " FROM key_values WHERE namespace = ? AND key = ? AND " + there
	keysQuery     = "SELECT key FROM key_values INDEXED BY key_values_order WHERE namespace = ? AND " + there + " ORDER BY seq"

	keyValueColumns = "namespace, key, value, expires_at"
	exportKeyValues = "SELECT v.namespace, v.key, v.value, v.expires_at FROM key_value_namespaces n CROSS JOIN key_values v ON v.namespace = n.name ORDER BY n.seq, v.seq"
)

func scanKeyValue(rows *sql.Rows) (v store.KeyValue, err error) {
	var expires sql.NullInt64
	err = rows.Scan(&v.Namespace, &v.Key, &v.Value, &expires)
	v.ExpiresAt = fromNullMicros(expires)
	return v, err
}

func scanText(rows *sql.Rows) (text string, err error) {
	err = rows.Scan(&text)
	return text, err
}

func errNoNamespace(name string) error {
	return fmt.Errorf("namespace %.200q: %w", name, store.ErrNoNamespace)
}

func errNoKey(n store.KeyName) error {
	return fmt.Errorf("key %.200q of namespace %.200q: %w", n.Key, n.Namespace, store.ErrNotFound)
}

// Get returns a value.
func (d *DB) Get(ctx context.Context, at time.Time, namespace, key string) (v store.KeyValue, err error) {
	const act = "reading a value"
	name := store.KeyName{Namespace: namespace, Key: key}
	if err := name.Check(); err != nil {
		return v, fmt.Errorf("%s: %w", act, err)
	}
	err = d.read(ctx, act, func(ctx context.Context, q queryer) error {
		if err := hasNamespace(ctx, q, namespace); err != nil {
			return err
		}
		found, err := collect(ctx, q, scanKeyValue, keyValueQuery, namespace, key, micros(at))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return errNoKey(name)
		}
		v = found[0]
		return nil
	})
	return v, err
}

// hasNamespace returns store.ErrNoNamespace when there is none of that name.
func hasNamespace(ctx context.Context, q queryer, name string) error {
	found, err := collect(ctx, q, scanNumber, namespaceQuery, name)
	if err == nil && len(found) == 0 {
		err = errNoNamespace(name)
	}
	return err
}

// Keys lists the keys of a namespace in the order they were put.
func (d *DB) Keys(ctx context.Context, at time.Time, namespace string) (keys []string, err error) {
	const act = "listing keys"
	if err := store.CheckNamespace(namespace); err != nil {
		return nil, fmt.Errorf("%s: %w", act, err)
	}
	err = d.read(ctx, act, func(ctx context.Context, q queryer) (err error) {
		if err := hasNamespace(ctx, q, namespace); err != nil {
			return err
		}
		keys, err = collect(ctx, q, scanText, keysQuery, namespace, micros(at))
		return err
	})
	return keys, err
}

// Namespaces lists the namespaces in the order they were made.
func (d *DB) Namespaces(ctx context.Context) (names []string, err error) {
	err = d.read(ctx, "listing namespaces", func(ctx context.Context, q queryer) (err error) {
		names, err = collect(ctx, q, scanText, namespacesQuery)
		return err
	})
	return names, err
}
