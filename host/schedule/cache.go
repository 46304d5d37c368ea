package schedule

import (
	"sync"
	"time"
)

// Bounds of a [Cache]. There are about 600 names of time zones.
const (
	maxCachedSpecs = 4096
	maxCachedZones = 1024
)

// Cache gives schedules that have the same expression and time zone the same
// [Spec]: a hundred thousand schedules share few of them. It keeps at most 4096
// specs. It is safe for concurrent use.
type Cache struct {
	mu    sync.Mutex
	specs map[cacheKey]*Spec
	// zones are kept apart because loading one takes longer than parsing.
	zones map[string]*time.Location
}

type cacheKey struct {
	expr, zone string
}

// NewCache returns an empty Cache.
func NewCache() *Cache {
	return &Cache{
		specs: make(map[cacheKey]*Spec),
		zones: make(map[string]*time.Location),
	}
}

// Get is [Parse] with memory. Errors are not remembered.
func (c *Cache) Get(expr, zone string) (*Spec, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := cacheKey{expr, zone}
	if s := c.specs[key]; s != nil {
		return s, nil
	}
	s, err := parseExpr(expr)
	if err != nil {
		return nil, err
	}
	if s.loc, err = c.zone(zone); err != nil {
		return nil, err
	}
	put(c.specs, key, s, maxCachedSpecs)
	return s, nil
}

// zone loads a time zone once. The caller holds the lock.
func (c *Cache) zone(name string) (*time.Location, error) {
	if loc := c.zones[name]; loc != nil {
		return loc, nil
	}
	loc, err := loadZone(name)
	if err != nil {
		return nil, err
	}
	put(c.zones, name, loc, maxCachedZones)
	return loc, nil
}

// put adds to a map of bounded size. When it is full any entry makes room: what
// is asked for again is only parsed again.
func put[K comparable, V any](m map[K]V, key K, value V, limit int) {
	if len(m) >= limit {
		for k := range m {
			delete(m, k)
			break
		}
	}
	m[key] = value
}
