package sqlite

import (
	"cmp"
	"database/sql"
	"errors"
	"math"
	"slices"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// candidate is a waiting run that may be taken.
type candidate struct {
	id         string
	scheduleID string
	step       string
	overlap    schedule.Overlap
	priority   int64
	dueAt      int64
	pool       string
}

// before is the order in which runs are taken.
func (c candidate) before(other candidate) int {
	return cmp.Or(cmp.Compare(other.priority, c.priority), cmp.Compare(c.dueAt, other.dueAt), cmp.Compare(c.id, other.id))
}

// Waiting runs are read by pool, as one whose slots are taken keeps thousands
// waiting that must not be read again and again. Those that have had their time
// are few, and sorted.
const (
	readyQuery = `SELECT id, schedule_id, step, overlap, priority, due_at FROM runs INDEXED BY runs_waiting
	WHERE plugin = ?1 AND pool = ?2 AND state = 'waiting' AND ready_at IS NULL ORDER BY priority DESC, due_at, id`

	laterQuery = `SELECT id, schedule_id, step, overlap, priority, due_at FROM runs INDEXED BY runs_later
	WHERE plugin = ?1 AND pool = ?2 AND state = 'waiting' AND ready_at IS NOT NULL AND ready_at <= ?3
	ORDER BY priority DESC, due_at, id`

	// poolsQuery goes from one pool to the next.
	poolsQuery = `WITH RECURSIVE pools (pool) AS (
	SELECT min(pool) FROM runs INDEXED BY runs_waiting WHERE plugin = ?1 AND state = 'waiting' AND ready_at IS NULL
	UNION ALL
	SELECT (SELECT min(pool) FROM runs INDEXED BY runs_waiting
		WHERE plugin = ?1 AND state = 'waiting' AND ready_at IS NULL AND pool > p.pool)
	FROM pools p WHERE p.pool IS NOT NULL)
SELECT pool, 0 FROM pools WHERE pool IS NOT NULL`

	laterPoolsQuery = `WITH RECURSIVE pools (pool) AS (
	SELECT min(pool) FROM runs INDEXED BY runs_later WHERE plugin = ?1 AND state = 'waiting' AND ready_at IS NOT NULL
	UNION ALL
	SELECT (SELECT min(pool) FROM runs INDEXED BY runs_later
		WHERE plugin = ?1 AND state = 'waiting' AND ready_at IS NOT NULL AND pool > p.pool)
	FROM pools p WHERE p.pool IS NOT NULL)
SELECT pool, 1 FROM pools WHERE pool IS NOT NULL`

	pooledQuery = "SELECT count(*) FROM runs INDEXED BY runs_pooled WHERE state = 'running' AND pool <> '' AND pool = ?"

	// runningQuery finds what keeps other runs of a schedule waiting: those that run,
	// and those that wait to look for a lost attempt.
	runningQuery = "SELECT id, state = 'running' FROM runs INDEXED BY runs_open WHERE " + openCondition +
		" AND (state = 'running' OR state = 'waiting' AND resume <> 0)"
)

// errEnough ends a query of which enough was read.
var errEnough = errors.New("enough was read")

// choice is a take that is under way.
type choice struct {
	store.Take
	except map[string]bool
	lines  []line
	free   map[string]int // slots by pool
	// running are the schedules of which a run runs, as far as it was asked, or is to
	// be taken.
	running map[string]bool
	looks   map[string]map[string]bool // by schedule, as far as it was asked: what waits to look for a lost attempt
	ids     []string                   // what is to be taken
	taken   map[string]bool            // the same
}

// line is the waiting runs of one pool, or those of them that have their time.
type line struct {
	pool  string
	later bool
}

// choose returns the ids of the runs that are to be taken, in their order.
func (t *tx) choose(what store.Take) ([]string, error) {
	c := &choice{Take: what, except: map[string]bool{}, free: map[string]int{}, running: map[string]bool{},
		looks: map[string]map[string]bool{}, taken: map[string]bool{}}
	for _, id := range what.Except {
		c.except[id] = true
	}
	if err := t.findLines(c); err != nil {
		return nil, err
	}
	for {
		// Two lines may each have a run of one schedule of which one is to run. Then
		// there is room for another one.
		missed, err := t.round(c)
		if err != nil || !missed {
			return c.ids, err
		}
	}
}

func (t *tx) findLines(c *choice) error {
	for _, query := range []string{poolsQuery, laterPoolsQuery} {
		err := t.query(func(rows *sql.Rows) error {
			var l line
			err := rows.Scan(&l.pool, &l.later)
			c.lines = append(c.lines, l)
			return err
		}, query, c.Plugin)
		if err != nil {
			return err
		}
	}
	for _, l := range c.lines {
		slots, limited := c.Pools[l.pool]
		if c.free[l.pool] = math.MaxInt; !limited || l.pool == "" {
			continue
		}
		err := t.query(func(rows *sql.Rows) error {
			var running int
			err := rows.Scan(&running)
			c.free[l.pool] = slots - running
			return err
		}, pooledQuery, l.pool)
		if err != nil {
			return err
		}
	}
	return nil
}

// round takes the first of all lines together. It reports whether one was left out
// because of another, so that there may be more.
func (t *tx) round(c *choice) (missed bool, err error) {
	var all []candidate
	for _, l := range c.lines {
		some, err := t.front(c, l)
		if err != nil {
			return false, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, candidate.before)
	for _, one := range all {
		if len(c.ids) == c.Limit {
			return false, nil
		}
		if c.free[one.pool] <= 0 || one.overlap.Exclusive() && c.running[one.scheduleID] {
			missed = true
			continue
		}
		c.ids = append(c.ids, one.id)
		c.taken[one.id] = true
		if one.step == "" {
			c.running[one.scheduleID] = true
		}
		c.free[one.pool]--
	}
	return missed, nil
}

// front reads as many runs of a line as may be taken at most. Those of the
// schedules that are left to others are passed over here: as a part of the query
// they would make another statement for each number of them.
func (t *tx) front(c *choice, l line) (found []candidate, err error) {
	room := min(c.Limit-len(c.ids), c.free[l.pool])
	if room <= 0 {
		return nil, nil
	}
	query, args := readyQuery, []any{c.Plugin, l.pool}
	if l.later {
		query, args = laterQuery, append(args, micros(c.At))
	}
	alone := map[string]bool{} // schedules with a run that was found here
	err = t.query(func(rows *sql.Rows) error {
		one := candidate{pool: l.pool}
		if err := rows.Scan(&one.id, &one.scheduleID, &one.step, (*string)(&one.overlap), &one.priority, &one.dueAt); err != nil {
			return err
		}
		if c.except[one.scheduleID] || c.taken[one.id] {
			return nil
		}
		if one.overlap.Exclusive() {
			if alone[one.scheduleID] {
				return nil
			}
			if busy, err := t.busy(c, one.scheduleID, one.id); busy || err != nil {
				return err
			}
		}
		alone[one.scheduleID] = alone[one.scheduleID] || one.step == ""
		if found = append(found, one); len(found) == room {
			return errEnough
		}
		return nil
	}, query, args...)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}

// busy says whether a run is kept waiting by another one of its schedule, follow-ups
// aside, that runs, is to be taken, or waits to look for a lost attempt: what it looks
// for may run. One that looks itself waits for none that does.
func (t *tx) busy(c *choice, scheduleID, id string) (bool, error) {
	if _, asked := c.looks[scheduleID]; !asked {
		looks := map[string]bool{}
		c.looks[scheduleID] = looks
		err := t.query(func(rows *sql.Rows) error {
			var other string
			var running bool
			if err := rows.Scan(&other, &running); err != nil {
				return err
			}
			if running {
				c.running[scheduleID] = true
			} else {
				looks[other] = true
			}
			return nil
		}, runningQuery, scheduleID)
		if err != nil {
			return false, err
		}
	}
	looks := c.looks[scheduleID]
	return c.running[scheduleID] || len(looks) > 0 && !looks[id], nil
}
