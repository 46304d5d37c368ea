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

// Cache gives schedules that fire at the same times the same [Spec]: a hundred
// thousand schedules share few of them. It keeps at most 4096 specs. It is safe for
// concurrent use.
type Cache struct {
	mu    sync.Mutex
	specs map[cacheKey]*Spec
	// asked finds a Spec without the digest of what may be a long list of days.
	asked map[Timing]*Spec
	// zones are kept apart because loading one takes longer than parsing.
	zones map[string]*time.Location
}

type cacheKey struct {
	key, zone string
}

// NewCache returns an empty Cache.
func NewCache() *Cache {
	return &Cache{
		specs: make(map[cacheKey]*Spec),
		asked: make(map[Timing]*Spec),
		zones: make(map[string]*time.Location),
	}
}

// Get is [Compile] with memory. Errors are not remembered. Nobody may change what
// t.More has after this.
func (c *Cache) Get(t Timing) (*Spec, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.asked[t]; s != nil {
		return s, nil
	}
	s, err := c.find(t)
	if err != nil {
		return nil, err
	}
	t.Cron, t.Timezone = s.expr, s.Zone() // not a part of the file or request it came in
	put(c.asked, t, s, maxCachedSpecs)
	return s, nil
}

// find looks further, by what the timing says. The caller holds the lock.
func (c *Cache) find(t Timing) (*Spec, error) {
	if t.More == nil {
		return c.compile(t)
	}
	key := cacheKey{t.Key(), t.Timezone}
	if s := c.specs[key]; s != nil {
		return s, nil
	}
	s, err := c.compile(t)
	if err != nil {
		return nil, err
	}
	put(c.specs, key, s, maxCachedSpecs)
	return s, nil
}

// compile is Compile with the zones of the cache. The caller holds the lock.
func (c *Cache) compile(t Timing) (*Spec, error) {
	if t.More != nil || t.Never() {
		return compileIn(t, c.zone)
	}
	s, err := parseExpr(t.Cron)
	if err != nil {
		return nil, err
	}
	s.loc, err = c.zone(t.Timezone)
	if err != nil {
		return nil, err
	}
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
