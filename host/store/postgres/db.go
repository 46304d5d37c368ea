package postgres

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// DB is a store.Store in one PostgreSQL database, for several hosts.
type DB struct {
	options Options
	pool    *pgxpool.Pool
	vital   *pgxpool.Pool // one connection, for what must not wait behind other work
	locals  string        // sets up a transaction, behind a pooler
	locks   locks
	ends    *batcher[store.AttemptEnd, bool]
	logs    *batcher[logged, struct{}]
	values  *batcher[valueJob, error]
	news    *listener
	folder  *folder
	seen    seenOrders

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup // those that Close waits for
}

var (
	_ store.Store  = (*DB)(nil)
	_ store.Shared = (*DB)(nil)
	_ store.Holds  = (*DB)(nil)
	_ store.Queue  = (*DB)(nil)
	_ store.Audit  = (*DB)(nil)
)

// locks are the keys of advisory locks. They belong to a schema, as a database
// may hold several ledgers.
type locks struct {
	change int64 // shared by claims, taken whole by a change of schedules
	join   int64 // by whoever looks which hosts there are, to act upon it
	take   int64 // by whoever takes runs that are bound by pools or by each other
	seal   int64 // by whoever adds to the chain of seals
	// open is shared by who opens a run where none of its schedule is open, and taken
	// whole where others may wait for its end; one for all schedules with a number.
	open [stripes]int64
}

// stripes bounds how many locks a claim of a thousand schedules takes: the server
// has room for some thousands.
const stripes = 64

func locksOf(schema string) locks {
	l := locks{change: lockKey("change " + schema), join: lockKey("join " + schema), take: lockKey("take " + schema),
		seal: lockKey("seal " + schema)}
	for i := range l.open {
		l.open[i] = lockKey(fmt.Sprint("open ", i, " ", schema))
	}
	return l
}

// migrateLock is one for the whole database: which schema is the first of a
// search path may change as another is made.
func migrateLock() int64 { return lockKey("migrate") }

func lockKey(what string) int64 {
	h := fnv.New64a()
	h.Write([]byte("butlerd " + what))
	return int64(h.Sum64())
}

// Open connects to the database and brings its schema up to date. It fails when
// a newer butlerd wrote it that this one cannot work beside.
func Open(ctx context.Context, o Options) (*DB, error) {
	d, err := connect(ctx, o)
	if err == nil {
		if _, err = d.migrate(ctx); err != nil {
			d.disconnect()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("opening the PostgreSQL store: %w", classify(err))
	}
	d.start()
	return d, nil
}

// connect makes a DB that nothing runs for yet.
func connect(ctx context.Context, o Options) (*DB, error) {
	o = o.withDefaults()
	config, path, err := o.poolConfig()
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	config = config.Copy()
	config.MaxConns = 1
	vital, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &DB{options: o, pool: pool, vital: vital, locals: o.locals(path)}, nil
}

func (d *DB) start() {
	d.ends = startBatcher(d, "ending an attempt", sizeOfEnd, (*tx).end)
	d.logs = startBatcher(d, "keeping log entries", sizeOfLog, (*tx).log)
	d.values = startBatcher(d, "writing values", sizeOfValueJob, (*tx).writeValues)
	d.news = startListener(d)
	d.folder = startFolder(d)
}

// enter begins a call; it reports false after Close.
func (d *DB) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.calls.Add(1)
	return true
}

// Close lets calls that were made finish, and closes the connections. It may be
// called more than once.
func (d *DB) Close() error {
	d.mu.Lock()
	first := !d.closed
	d.closed = true
	d.mu.Unlock()
	d.calls.Wait()
	if first {
		d.ends.stop()
		d.logs.stop()
		d.values.stop()
		d.folder.stop()
		d.news.stop()
	}
	d.disconnect()
	return nil
}

func (d *DB) disconnect() {
	d.pool.Close()
	d.vital.Close()
}

// Ping says whether the store can be written, by writing.
func (d *DB) Ping(ctx context.Context) error {
	return d.write(ctx, "writing to the store", func(t *tx) error {
		t.q("UPDATE pings SET n = n + 1")
		return nil
	})
}

// lockShared keeps changes of schedules out until the transaction's end.
func (t *tx) lockShared() { t.q("SELECT pg_advisory_xact_lock_shared($1)", t.db.locks.change) }

// lockOpen has those wait who open runs of the same schedules at a time, where one
// would stand against the other. The locks are taken in the same order by all.
func (t *tx) lockOpen(due []store.Due) {
	var needed, whole [stripes]bool
	for _, d := range due {
		if d.Overlap == schedule.OverlapSkip || d.Overlap.Exclusive() {
			n := stripe(d.ScheduleID)
			needed[n], whole[n] = true, whole[n] || d.Overlap.Exclusive()
		}
	}
	var keys []int64
	var exclusive []bool
	for n := range stripes {
		if needed[n] {
			keys, exclusive = append(keys, t.db.locks.open[n]), append(exclusive, whole[n])
		}
	}
	if len(keys) > 0 {
		t.q(`SELECT CASE WHEN whole THEN pg_advisory_xact_lock(key) ELSE pg_advisory_xact_lock_shared(key) END
			FROM unnest($1::bigint[], $2::boolean[]) AS l (key, whole)`, keys, exclusive)
	}
}

// stripe is which of the locks is a schedule's.
func stripe(scheduleID string) int { return int(uint64(lockKey(scheduleID)) % stripes) }

// lock takes an advisory lock until the transaction's end.
func (t *tx) lock(key int64) { t.q("SELECT pg_advisory_xact_lock($1)", key) }

// wake tells the hosts that there is something to see, when the transaction
// commits.
func (t *tx) wake() { t.q("SELECT pg_notify('" + channel + "', '')") }
