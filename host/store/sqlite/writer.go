package sqlite

import (
	"context"
	"database/sql"
	"log/slog"
	"math"
	"sync"
)

// writer owns the connection that writes. Its goroutine takes all that waits,
// carries it out in one transaction and then tells the callers: the more they
// are, the less each pays for the fsync.
type writer struct {
	conn       *sql.Conn
	statements map[statement]*sql.Stmt
	log        *slog.Logger
	wake       chan struct{} // holds a token while there may be something waiting
	ended      chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	waiting []job
	closed  bool
}

func startWriter(conn *sql.Conn, log *slog.Logger) *writer {
	w := &writer{
		conn:       conn,
		statements: map[statement]*sql.Stmt{},
		log:        log,
		wake:       make(chan struct{}, 1),
		ended:      make(chan struct{}),
	}
	go w.run()
	return w
}

// stop ends the goroutine after what waits is done. It reports false when it
// was called before.
func (w *writer) stop() bool {
	w.mu.Lock()
	first := !w.closed
	w.closed = true
	w.mu.Unlock()
	w.poke()
	<-w.ended
	return first
}

func (w *writer) isClosed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

func (w *writer) run() {
	defer close(w.ended)
	defer w.release()
	for range w.wake {
		batch, closed := w.take()
		w.carryOut(batch)
		if closed {
			return
		}
	}
}

// release gives the connection back. Its statements come first: with one left
// open SQLite would not close the file, and leave its journal behind.
func (w *writer) release() {
	for _, s := range w.statements {
		if err := s.Close(); err != nil {
			w.log.Warn("closing a statement", "err", err)
		}
	}
	if err := w.conn.Close(); err != nil {
		w.log.Warn("closing the writer's connection", "err", err)
	}
}

func (w *writer) poke() {
	select {
	case w.wake <- struct{}{}:
	default: // a token is there already
	}
}

func (w *writer) enqueue(j job) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errClosed
	}
	w.waiting = append(w.waiting, j)
	w.poke()
	return nil
}

// take empties the queue. What is in it cannot be withdrawn any more.
func (w *writer) take() (batch []job, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	batch, w.waiting = w.waiting, nil
	return batch, w.closed
}

// withdraw takes a job out of the queue. It reports false when the goroutine
// has it already.
func (w *writer) withdraw(j job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.waiting {
		if w.waiting[i] == j {
			w.waiting = append(w.waiting[:i], w.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// carryOut does a batch and tells its callers. When the transaction as a whole
// fails, all of them have failed.
func (w *writer) carryOut(batch []job) {
	if len(batch) == 0 {
		return
	}
	err := classify(w.transact(batch))
	for _, j := range batch {
		j.finish(err)
	}
}

func (w *writer) transact(batch []job) error {
	t := &tx{w: w, tally: tally{}, latest: math.MinInt64}
	if err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := w.fill(t, batch); err != nil {
		w.rollback()
		return err
	}
	if err := t.exec("COMMIT"); err != nil {
		w.rollback()
		return err
	}
	return nil
}

// fill does the jobs of a batch, those of one kind together. They were waiting
// at the same time, so that no caller can tell in which order they are done.
func (w *writer) fill(t *tx, batch []job) error {
	var acts []string
	kinds := map[string][]job{}
	for _, j := range batch {
		if kinds[j.act()] == nil {
			acts = append(acts, j.act())
		}
		kinds[j.act()] = append(kinds[j.act()], j)
	}
	for _, act := range acts {
		if err := t.together(kinds[act]); err != nil {
			return err
		}
	}
	if err := t.writeLatest(); err != nil {
		return err
	}
	return t.writeTally()
}

// rollback ends a transaction that failed. SQLite may have ended it by itself,
// and then says so with an error that means nothing.
func (w *writer) rollback() {
	if _, err := w.conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
		w.log.Debug("rolling back", "err", err)
	}
}
