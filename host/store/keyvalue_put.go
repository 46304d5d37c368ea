package store

import (
	"errors"
	"fmt"
	"time"
)

// KeyName is what is unique to a KeyValue.
type KeyName struct{ Namespace, Key string }

// Name is the name of a value.
func (v KeyValue) Name() KeyName { return KeyName{v.Namespace, v.Key} }

// Bytes is what counts against KeyValueLimits.Bytes.
func (v KeyValue) Bytes() int64 { return int64(len(v.Key) + len(v.Value)) }

// Expired says whether a value is gone at an instant.
func (v KeyValue) Expired(at time.Time) bool { return !v.ExpiresAt.IsZero() && !v.ExpiresAt.After(at) }

// KeyValueFacts are what an engine knows of what is put, before it is. What has
// expired and is not removed yet is counted: it is removed when there is no room.
type KeyValueFacts struct {
	Namespaces int64            // how many there are
	Bytes      int64            // of all values
	Keys       map[string]int64 // of the namespaces that are put to, as far as they are there
	// Kept are the values that are there under the names that are put.
	Kept map[KeyName]KeptValue
}

// KeptValue is a value that is there.
type KeptValue struct {
	Bytes   int64
	Expired bool // and not removed yet
}

// Putting is what a Put comes to.
type Putting struct {
	// Values has each name once, in the order in which they were put first.
	Values []KeyValue
	// Made are namespaces that are not there yet, in their order.
	Made []string
	// Added says how many keys each namespace has more; zero for none.
	Added map[string]int64
	// Bytes is how much the values are more than those before them; it may be negative.
	Bytes int64
}

// FullError says which limit a Put would go beyond. It wraps ErrFull.
type FullError struct {
	Limit string // namespaces, keys or bytes
	Most  int64
	// Namespace whose keys are too many, for keys.
	Namespace string
}

// Error names the limit and its number.
func (e *FullError) Error() string {
	if e.Limit == limitKeys {
		return fmt.Sprintf("%v: at most %d keys are kept of a namespace, and %.200q would have more", ErrFull, e.Most, e.Namespace)
	}
	return fmt.Sprintf("%v: at most %d %s are kept", ErrFull, e.Most, e.Limit)
}

// Unwrap is ErrFull.
func (e *FullError) Unwrap() error { return ErrFull }

// The limits by name.
const (
	limitNamespaces = "namespaces"
	limitKeys       = "keys"
	limitBytes      = "bytes"
)

// PlanPut says what a Put comes to, or a *FullError. That one is final once nothing
// of what it is about has expired, see PutMakingRoom.
func PlanPut(list []KeyValue, f KeyValueFacts, limits KeyValueLimits) (Putting, error) {
	p := Putting{Values: lastOfEach(list), Added: map[string]int64{}}
	appears := map[string]bool{} // namespaces with a key that was not there, or had expired
	for _, v := range p.Values {
		n := v.Namespace
		if _, there := f.Keys[n]; !there && !seen(p.Added, n) {
			p.Made = append(p.Made, n)
		}
		old, there := f.Kept[v.Name()]
		p.Added[n] += map[bool]int64{false: 1}[there]
		p.Bytes += v.Bytes() - old.Bytes
		appears[n] = appears[n] || !there || old.Expired
	}
	for _, v := range p.Values {
		n := v.Namespace
		if beyond(f.Keys[n]+p.Added[n], int64(limits.Keys)) && appears[n] {
			return p, &FullError{Limit: limitKeys, Most: int64(limits.Keys), Namespace: n}
		}
	}
	if len(p.Made) > 0 && beyond(f.Namespaces+int64(len(p.Made)), int64(limits.Namespaces)) {
		return p, &FullError{Limit: limitNamespaces, Most: int64(limits.Namespaces)}
	}
	if p.Bytes > 0 && beyond(f.Bytes+p.Bytes, limits.Bytes) {
		return p, &FullError{Limit: limitBytes, Most: limits.Bytes}
	}
	return p, nil
}

func beyond(n, limit int64) bool { return limit > 0 && n > limit }

func seen(m map[string]int64, name string) bool {
	_, there := m[name]
	return there
}

// lastOfEach keeps the last value of each name, in the place of the first.
func lastOfEach(list []KeyValue) []KeyValue {
	places := make(map[KeyName]int, len(list))
	var all []KeyValue
	for _, v := range list {
		v.ExpiresAt = kept(v.ExpiresAt)
		if i, twice := places[v.Name()]; twice {
			all[i] = v
			continue
		}
		places[v.Name()] = len(all)
		all = append(all, v)
	}
	return all
}

// PutMakingRoom puts until there is room. While there is none, what has expired is
// removed, each time in a transaction of its own and no more than is needed, so that
// others need not wait for it. remove is told which namespace it is about, nil for all,
// and says how many values it has removed.
func PutMakingRoom(put func() error, remove func(namespace *string) (int, error)) error {
	for {
		err := put()
		var full *FullError
		if !errors.As(err, &full) || full.Limit == limitNamespaces { // of those none expires
			return err
		}
		var of *string
		if full.Limit == limitKeys {
			of = &full.Namespace
		}
		n, failed := remove(of)
		if failed != nil {
			return failed
		}
		if n == 0 {
			return err
		}
	}
}
