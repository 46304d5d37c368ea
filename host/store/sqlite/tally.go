package sqlite

import (
	"context"
	"database/sql"

	"butlerd/host/run"
	"butlerd/host/store"
)

// tally is what a transaction changes in the table counts, so that it is
// written once and not once for each row.
type tally map[counted]int64

// counted names a row of the table counts.
type counted struct{ of, word string }

func (t tally) firing(o run.Outcome) { t[counted{"firings", string(o)}]++ }

func (t tally) run(s run.State) { t[counted{"runs", string(s)}]++ }

// move is a run that went from one state to another.
func (t tally) move(from, to run.State) {
	t[counted{"runs", string(from)}]--
	t.run(to)
}

func (t tally) plus(other tally) tally {
	for key, n := range other {
		t[key] += n
	}
	return t
}

func (t *tx) writeTally() error {
	var args []any
	for key, n := range t.tally {
		if n != 0 {
			args = append(args, key.of, key.word, n)
		}
	}
	return t.bulk(nil, `INSERT INTO counts (of, word, n) VALUES ()
		ON CONFLICT (of, word) DO UPDATE SET n = n + excluded.n`, 3, args)
}

// Counts says how many firings and runs there are, by outcome and by state.
func (d *DB) Counts(ctx context.Context) (store.Counts, error) {
	c := store.Counts{Firings: map[run.Outcome]int64{}, Runs: map[run.State]int64{}}
	err := d.read(ctx, "counting", func(ctx context.Context, q queryer) error {
		rows, err := q.QueryContext(ctx, "SELECT of, word, n FROM counts WHERE n <> 0")
		if err != nil {
			return err
		}
		return drain(rows, func(rows *sql.Rows) error { return scanCount(rows, c) })
	})
	return c, err
}

func scanCount(rows *sql.Rows, c store.Counts) error {
	var of, word string
	var n int64
	if err := rows.Scan(&of, &word, &n); err != nil {
		return err
	}
	if of == "firings" {
		c.Firings[run.Outcome(word)] = n
	} else {
		c.Runs[run.State(word)] = n
	}
	return nil
}
