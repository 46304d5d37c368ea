package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

const (
	namespaceQuery  = "SELECT EXISTS (SELECT 1 FROM key_value_namespaces WHERE name = $1)"
	namespacesQuery = "SELECT name FROM key_value_namespaces ORDER BY seq"

	there         = "(expires_at IS NULL OR expires_at > $2)" // at an instant
	keyValueQuery = "SELECT " + keyValueColumns + " FROM key_values WHERE namespace = $1 AND key = $3 AND " + there
	keysQuery     = "SELECT key FROM key_values WHERE namespace = $1 AND " + there + " ORDER BY namespace, seq"

	keyValueColumns = "namespace, key, value, expires_at"
	exportKeyValues = `SELECT v.namespace, v.key, v.value, v.expires_at FROM key_values v
	JOIN key_value_namespaces n ON n.name = v.namespace ORDER BY n.seq, v.seq`
)

func scanKeyValue(rows pgx.Rows) (v store.KeyValue, err error) {
	var expires *time.Time
	err = rows.Scan(&v.Namespace, &v.Key, &v.Value, &expires)
	v.ExpiresAt = fromNull(expires)
	return v, err
}

// keyValueValues are those of keyValueColumns, and the bytes.
func keyValueValues(v store.KeyValue) []any {
	return []any{v.Namespace, v.Key, v.Value, orNull(v.ExpiresAt), v.Bytes()}
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
	var known bool
	var found []store.KeyValue
	err = d.read(ctx, act, func(t *tx) error {
		t.q(namespaceQuery, namespace).QueryRow(into(&known))
		list(t, &found, scanKeyValue, keyValueQuery, namespace, at, key)
		return nil
	})
	switch {
	case err != nil:
		return v, err
	case !known:
		return v, fmt.Errorf("%s: %w", act, errNoNamespace(namespace))
	case len(found) == 0:
		return v, fmt.Errorf("%s: %w", act, errNoKey(name))
	}
	return found[0], nil
}

// Keys lists the keys of a namespace in the order they were put.
func (d *DB) Keys(ctx context.Context, at time.Time, namespace string) (keys []string, err error) {
	const act = "listing keys"
	if err := store.CheckNamespace(namespace); err != nil {
		return nil, fmt.Errorf("%s: %w", act, err)
	}
	var known bool
	err = d.read(ctx, act, func(t *tx) error {
		t.q(namespaceQuery, namespace).QueryRow(into(&known))
		list(t, &keys, scanText, keysQuery, namespace, at)
		return nil
	})
	if err == nil && !known {
		err = fmt.Errorf("%s: %w", act, errNoNamespace(namespace))
	}
	return keys, err
}

// Namespaces lists the namespaces in the order they were made.
func (d *DB) Namespaces(ctx context.Context) (names []string, err error) {
	err = d.read(ctx, "listing namespaces", func(t *tx) error {
		list(t, &names, scanText, namespacesQuery)
		return nil
	})
	return names, err
}
