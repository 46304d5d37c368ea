package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

// tally is what a transaction adds to the table counts.
type tally map[counted]int64

// counted names what is counted.
type counted struct{ of, word string }

const (
	ofFirings = "firings" // by outcome
	ofRuns    = "runs"    // by state
	ofWaiting = "waiting" // runs that wait, by plugin
)

func (t tally) firing(o run.Outcome) { t[counted{ofFirings, string(o)}]++ }

// run is a run that was made.
func (t tally) run(r run.Run) { t.add(r.State, r.Plugin, 1) }

// move is a run of a plugin that went from one state to another.
func (t tally) move(plugin string, from, to run.State) {
	t.add(from, plugin, -1)
	t.add(to, plugin, 1)
}

func (t tally) add(s run.State, plugin string, n int64) {
	t[counted{ofRuns, string(s)}] += n
	if s == run.Waiting {
		t[counted{ofWaiting, plugin}] += n
	}
}

// writeTally queues the rows that a transaction adds. They are new ones and not
// sums that are changed: hosts would wait for each other's commit at every sum.
func (t *tx) writeTally() {
	var of, word []string
	var n []int64
	for key, d := range t.tally {
		if d != 0 {
			of, word, n = append(of, key.of), append(word, key.word), append(n, d)
		}
	}
	if len(n) == 0 {
		return
	}
	t.q("INSERT INTO counts (of, word, n) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])", of, word, n)
	t.db.folder.added(len(n))
}

const sumQuery = "SELECT of, word, sum(n)::bigint FROM counts GROUP BY of, word HAVING sum(n) <> 0"

// Counts says how many firings and runs there are, by outcome and by state.
func (d *DB) Counts(ctx context.Context) (store.Counts, error) {
	c := store.Counts{Firings: map[run.Outcome]int64{}, Runs: map[run.State]int64{}}
	err := d.read(ctx, "counting", func(t *tx) error {
		t.sums(func(key counted, n int64) {
			switch key.of {
			case ofFirings:
				c.Firings[run.Outcome(key.word)] = n
			case ofRuns:
				c.Runs[run.State(key.word)] = n
			}
		})
		return nil
	})
	return c, err
}

// Waiting says how many runs wait for a slot, by plugin.
func (d *DB) Waiting(ctx context.Context) (map[string]int, error) {
	var waiting map[string]int
	err := d.read(ctx, "counting what waits", func(t *tx) error {
		t.waiting(&waiting)
		return nil
	})
	return waiting, err
}

func (t *tx) waiting(all *map[string]int) {
	*all = map[string]int{}
	t.sums(func(key counted, n int64) {
		if key.of == ofWaiting {
			(*all)[key.word] = int(n)
		}
	})
}

func (t *tx) sums(to func(counted, int64)) {
	each(t, func(rows pgx.Rows) error {
		var key counted
		var n int64
		err := rows.Scan(&key.of, &key.word, &n)
		to(key, n)
		return err
	}, sumQuery)
}
