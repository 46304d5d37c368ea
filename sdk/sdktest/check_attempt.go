package sdktest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"
)

func (s *suite) deliversOutput(ctx context.Context) error {
	if s.calls.Loud.Action == "" {
		return skipped("no loud call given")
	}
	r, err := s.client.Run(ctx, s.calls.Loud.Action, s.calls.Loud.Arguments)
	switch {
	case err != nil:
		return err
	case r.Status != Succeeded:
		return fmt.Errorf("status %q, error %q", r.Status, r.Err)
	case len(r.Output) < loudOutput:
		return fmt.Errorf("%d bytes of output arrived", len(r.Output))
	case r.Result != nil && !bytes.HasPrefix(r.Result, []byte("{")):
		return fmt.Errorf("the result is no object: %.100s", r.Result)
	}
	return nil
}

func (s *suite) obeysCancel(ctx context.Context) error {
	if s.calls.Slow.Action == "" {
		return skipped("no slow call given")
	}
	d, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(d.GetFeatures(), "cancel") {
		return skipped(`the plugin does not have the feature "cancel"`)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := s.startSlow(ctx)
	if err := s.cancelSlow(ctx); err != nil {
		return err
	}
	select {
	case r := <-ended:
		if r.Status != Cancelled {
			return fmt.Errorf("status %q, error %q; want %q", r.Status, r.Err, Cancelled)
		}
		return nil
	case <-time.After(cancelLimit):
		return fmt.Errorf("no result within %s", cancelLimit)
	}
}

// startSlow returns at once; the record of the attempt comes over the channel.
func (s *suite) startSlow(ctx context.Context) <-chan *Record {
	ended := make(chan *Record, 1)
	go func() {
		r, err := s.client.Run(ctx, s.calls.Slow.Action, s.calls.Slow.Arguments)
		if err != nil && r.Err == "" {
			r.Err = err.Error()
		}
		ended <- r
	}()
	return ended
}

// cancelSlow asks until the attempt has begun.
func (s *suite) cancelSlow(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, cancelLimit)
	defer stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		found, err := s.client.Cancel(ctx, "test-run", 1, "conformance test")
		if found || err != nil {
			return err
		}
		<-again.C
	}
}

func (s *suite) exits(ctx context.Context) error {
	if s.client.stop == nil {
		return skipped("there is no process")
	}
	if s.calls.Slow.Action != "" {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		s.startSlow(ctx) // the end must not wait for attempts
	}
	if !s.client.stop(exitLimit) {
		return fmt.Errorf("the process did not end within %s", exitLimit)
	}
	return nil
}
