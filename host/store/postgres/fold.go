package postgres

import (
	"context"
	"sync/atomic"
)

// foldEvery is after how many rows of this host they are folded. A sum over some
// thousand rows takes a millisecond.
const foldEvery = 1000

// folder folds the rows of the table counts, in a goroutine of its own so that
// no caller waits for it.
type folder struct {
	db    *DB
	rows  atomic.Int64
	wake  chan struct{}
	end   context.CancelFunc
	ended chan struct{}
}

func startFolder(d *DB) *folder {
	ctx, cancel := context.WithCancel(context.Background())
	f := &folder{db: d, wake: make(chan struct{}, 1), end: cancel, ended: make(chan struct{})}
	go f.run(ctx)
	return f
}

func (f *folder) added(n int) {
	if f != nil && f.rows.Add(int64(n)) >= foldEvery {
		f.rows.Store(0)
		poke(f.wake)
	}
}

func (f *folder) stop() {
	f.end()
	<-f.ended
}

func (f *folder) run(ctx context.Context) {
	defer close(f.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		if err := f.db.retried(ctx, f.db.pool, (*tx).fold); err != nil {
			f.db.options.Log.Debug("folding counts", "err", err)
		}
	}
}

// fold leaves out rows that another host folds. Those that it takes and the one
// that it puts in their place change hands at its commit.
func (t *tx) fold() error {
	t.q(`WITH gone AS (DELETE FROM counts WHERE ctid = ANY (ARRAY (
			SELECT ctid FROM counts LIMIT 20000 FOR UPDATE SKIP LOCKED)) RETURNING of, word, n)
		INSERT INTO counts (of, word, n) SELECT of, word, sum(n) FROM gone GROUP BY of, word HAVING sum(n) <> 0`)
	return nil
}
