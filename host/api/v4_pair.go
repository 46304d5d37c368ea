package api

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"butlerd/host/store"
)

// pair is a value to be kept under a key, and what is answered when it is.
type pair struct {
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
	// Value is nil when none was sent: then nothing is there under the key afterwards.
	Value *string `json:"value,omitempty"`
	// TTL is how long it is kept, in milliseconds; 0 or less: until it is removed.
	TTL int64 `json:"ttl"`
}

// pair reads a pair of a namespace from the members key, value and ttl. at says where
// they stand.
func (m members) pair(namespace, at string) (pair, error) {
	p := pair{Namespace: namespace}
	var err error
	if key, ok := m["key"]; ok {
		if p.Key, err = freeText(key, at+"/key"); err != nil {
			return p, err
		}
		if err := checkKey(at+"/key", p.Key); err != nil {
			return p, err
		}
	}
	if value, ok := m["value"]; ok {
		text, err := freeText(value, at+"/value")
		if err != nil {
			return p, err
		}
		p.Value = &text
	}
	if ttl, ok := m["ttl"]; ok {
		if p.TTL, err = lifetime(ttl, at+"/ttl"); err != nil {
			return p, err
		}
	}
	if p.Key == "" {
		return p, invalid("Required parameter is missing")
	}
	return p, nil
}

// checkKey refuses what can be no key. at names it.
func checkKey(at, key string) error {
	if len(key) > store.MaxKey {
		return validationFault(fmt.Sprintf("%s must not be longer than %d bytes", at, store.MaxKey))
	}
	return checkNUL(at, key)
}

// freeText coerces a member to text that may hold anything but NUL.
func freeText(value json.RawMessage, at string) (string, error) {
	t, err := text(value, at)
	if err != nil {
		return "", err
	}
	return t, checkNUL(at, t)
}

// maxTTL is about a hundred years.
const maxTTL = 100 * 365 * 24 * time.Hour

// lifetime coerces a member to whole milliseconds.
func lifetime(value json.RawMessage, at string) (int64, error) {
	n, err := numeric(value, at)
	if err != nil {
		return 0, err
	}
	if math.Abs(n) > float64(maxTTL.Milliseconds()) {
		return 0, validationFault(fmt.Sprintf("%s must be <= %d", at, maxTTL.Milliseconds()))
	}
	return int64(n), nil
}

// keyValue is the pair as it is kept from now on. One without a value has expired
// already, and so takes the place of what was there.
func (p pair) keyValue(now time.Time) store.KeyValue {
	kv := store.KeyValue{Namespace: p.Namespace, Key: p.Key}
	switch {
	case p.Value == nil:
		kv.ExpiresAt = now
		return kv
	case p.TTL > 0:
		kv.ExpiresAt = now.Add(time.Duration(p.TTL) * time.Millisecond)
	}
	kv.Value = *p.Value
	return kv
}
