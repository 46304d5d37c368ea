package sqlite

import (
	"context"
	"fmt"
)

// job is a write that a caller waits for.
type job interface {
	// act names what is done, for errors. Jobs with the same act are of one kind.
	act() string
	// do carries out jobs of this kind.
	do(t *tx, jobs []job) error
	// fail says that this one job came to nothing.
	fail(err error)
	// finish tells the caller; an err is that of the whole transaction.
	finish(err error)
}

// bulk carries out writes of one kind, in the order in which they are given,
// with as few statements as it can. It returns an answer for each.
type bulk[In, Out any] func(t *tx, in []In) ([]Out, error)

// each makes a bulk of a write that is done one by one.
func each[In, Out any](one func(*tx, In) (Out, error)) bulk[In, Out] {
	return func(t *tx, in []In) ([]Out, error) {
		out := make([]Out, len(in))
		for i := range in {
			var err error
			if out[i], err = one(t, in[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
}

// request is the job of one kind of write.
type request[In, Out any] struct {
	name string
	all  bulk[In, Out]
	in   In
	out  Out
	err  error
	done chan struct{}
}

// submit asks the writer for a write and waits for it. When ctx ends first, a
// write that still waits is not done and ctx's error is returned; one that the
// writer has taken is waited for, so that its caller always knows.
func submit[In, Out any](ctx context.Context, w *writer, act string, all bulk[In, Out], in In) (Out, error) {
	r := &request[In, Out]{name: act, all: all, in: in, done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		return r.out, fmt.Errorf("%s: %w", act, err)
	}
	if err := w.enqueue(r); err != nil {
		return r.out, fmt.Errorf("%s: %w", act, err)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if w.withdraw(r) {
			return r.out, fmt.Errorf("%s: %w", act, ctx.Err())
		}
		<-r.done
	}
	return r.out, r.err
}

func (r *request[In, Out]) act() string { return r.name }

func (r *request[In, Out]) do(t *tx, jobs []job) error {
	in := make([]In, len(jobs))
	for i, j := range jobs {
		in[i] = j.(*request[In, Out]).in
	}
	out, err := r.all(t, in)
	if err != nil {
		return err
	}
	for i, j := range jobs {
		j.(*request[In, Out]).out = out[i]
	}
	return nil
}

func (r *request[In, Out]) fail(err error) { r.err = fmt.Errorf("%s: %w", r.name, classify(err)) }

func (r *request[In, Out]) finish(err error) {
	if err != nil {
		r.fail(err)
	}
	if r.err != nil {
		r.out = *new(Out)
	}
	close(r.done)
}
