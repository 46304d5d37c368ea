package store

import (
	"context"
	"errors"
	"time"
)

// KeyValue is a value that callers of the API keep under a key, in a namespace.
type KeyValue struct {
	Namespace string // any text without NUL, also empty, of up to MaxKey bytes
	Key       string // likewise
	Value     string // likewise, of up to MaxDocument bytes
	// ExpiresAt is when it is gone; zero: never.
	ExpiresAt time.Time
}

// MaxKey is how long a namespace or a key may be, in bytes. It is less than MaxText:
// both together are the key of an index, which has room for some 2,700 bytes in
// PostgreSQL.
const MaxKey = 1 << 10

// ErrNotText is returned for what is not valid UTF-8, or has NUL in it: no engine
// can keep it as text.
var ErrNotText = errors.New("it is not UTF-8 without NUL")

// KeyValueLimits bound what is kept. A member that is 0 is no limit.
type KeyValueLimits struct {
	Namespaces int
	Keys       int   // of one namespace
	Bytes      int64 // of keys and values of all namespaces together
}

// ErrNoNamespace is returned for a namespace that nothing was ever put into, or
// that was removed.
var ErrNoNamespace = errors.New("no such namespace")

// ErrFull is returned for a Put that would go beyond a limit. It is wrapped with the
// limit's name and number.
var ErrFull = errors.New("the key-value store is full")

// KeyValues keeps values for callers of the API. What has expired by at is not
// there for any of them; a namespace stays when its last key has gone. Namespaces
// and keys that nobody could have put are refused with ErrNotText or ErrTooLarge.
type KeyValues interface {
	// Put keeps values, all or none, in place of those that have their keys; of two
	// with the same key the latter counts. A key that is there keeps its place in the
	// order. There are at most MaxPage of them, of MaxDocument bytes together. Limits
	// are checked without what has expired, and only those that the values bring
	// nearer: what is beyond one that was lowered can be replaced by less.
	Put(ctx context.Context, at time.Time, list []KeyValue, limits KeyValueLimits) error
	// Get returns a value. ErrNoNamespace; ErrNotFound when the key is not there.
	Get(ctx context.Context, at time.Time, namespace, key string) (KeyValue, error)
	// Keys lists the keys of a namespace in the order they were put. ErrNoNamespace.
	Keys(ctx context.Context, at time.Time, namespace string) ([]string, error)
	// Namespaces lists the namespaces in the order they were made.
	Namespaces(ctx context.Context) ([]string, error)
	// Remove removes a key. ErrNoNamespace; ErrNotFound when it is not there.
	Remove(ctx context.Context, at time.Time, namespace, key string) error
	// RemoveNamespace removes a namespace with all its keys, a little in each
	// transaction: others wait for it. It is there until its last key has gone, and may
	// be left with a part of them when an error is returned. ErrNoNamespace.
	RemoveNamespace(ctx context.Context, namespace string) error
	// RemoveExpired removes what has expired, up to limit (1..MaxPage), and says how
	// many. Those that expired first are removed first.
	RemoveExpired(ctx context.Context, at time.Time, limit int) (int, error)
}
