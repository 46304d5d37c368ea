package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"butlerd/host/store"
)

// What one transaction of a batcher carries at most. A single job may be more.
const (
	batchJobs  = 1000
	batchBytes = 8 << 20
)

// batcher carries out writes of one kind, which thousands of goroutines may ask
// for at once: its goroutine takes what waits and does it in one transaction, so
// that each pays little for the commit.
type batcher[In, Out any] struct {
	db    *DB
	act   string
	size  func(In) int // in bytes, about
	do    func(*tx, []In) ([]Out, error)
	wake  chan struct{} // holds a token while there may be something waiting
	ended chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	waiting []*job[In, Out]
	closed  bool
}

// job is a write that a caller waits for.
type job[In, Out any] struct {
	in   In
	out  Out
	err  error
	done chan struct{}
}

func startBatcher[In, Out any](d *DB, act string, size func(In) int, do func(*tx, []In) ([]Out, error)) *batcher[In, Out] {
	b := &batcher[In, Out]{
		db: d, act: act, size: size, do: do,
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go b.run()
	return b
}

// stop ends the goroutine; DB.Close has waited for all callers before.
func (b *batcher[In, Out]) stop() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	poke(b.wake)
	<-b.ended
}

// submit asks for a write and waits for it. When ctx ends first, a write that
// still waits is withdrawn; one that was begun is waited for, so that its caller
// always knows.
func (b *batcher[In, Out]) submit(ctx context.Context, in In) (Out, error) {
	j := &job[In, Out]{in: in, done: make(chan struct{})}
	err := b.db.called(ctx, b.act, func() error {
		b.mu.Lock()
		b.waiting = append(b.waiting, j)
		b.mu.Unlock()
		poke(b.wake)
		select {
		case <-j.done:
		case <-ctx.Done():
			if b.withdraw(j) {
				return ctx.Err()
			}
			<-j.done
		}
		return j.err
	})
	return j.out, err
}

func (b *batcher[In, Out]) withdraw(j *job[In, Out]) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.waiting {
		if b.waiting[i] == j {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			return true
		}
	}
	return false
}

func (b *batcher[In, Out]) run() {
	defer close(b.ended)
	for range b.wake {
		for {
			some, closed := b.take()
			if len(some) == 0 && closed {
				return
			}
			if len(some) == 0 {
				break
			}
			b.carryOut(some)
		}
	}
}

// take takes what one transaction carries.
func (b *batcher[In, Out]) take() (some []*job[In, Out], closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, bytes := 0, 0
	for n < len(b.waiting) && n < batchJobs && bytes < batchBytes {
		bytes += b.size(b.waiting[n].in)
		n++
	}
	some = b.waiting[:n:n]
	if b.waiting = b.waiting[n:]; len(b.waiting) == 0 {
		b.waiting = nil
	}
	return some, b.closed
}

// carryOut does jobs at once. When that fails they are done one by one, so that
// only those that are at fault fail, unless the database is at fault.
func (b *batcher[In, Out]) carryOut(jobs []*job[In, Out]) {
	err := b.together(jobs)
	if err != nil && len(jobs) > 1 && !errors.Is(classify(err), store.ErrUnavailable) {
		for i := range jobs {
			b.carryOut(jobs[i : i+1])
		}
		return
	}
	for _, j := range jobs {
		j.err = err
		close(j.done)
	}
}

func (b *batcher[In, Out]) together(jobs []*job[In, Out]) error {
	in := make([]In, len(jobs))
	for i, j := range jobs {
		in[i] = j.in
	}
	var out []Out
	err := b.db.retried(context.Background(), b.db.pool, func(t *tx) (err error) {
		out, err = b.do(t, in)
		return err
	})
	if err != nil {
		return err
	}
	if len(out) != len(jobs) {
		return fmt.Errorf("%d answers for %d", len(out), len(jobs))
	}
	for i, j := range jobs {
		j.out = out[i]
	}
	return nil
}

// poke leaves a token, if none is there.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
