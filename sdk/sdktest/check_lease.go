package sdktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// leaseLasts is the lease that the check lets run out. It begins after the
// attempt was sent, and must not end before the attempt has begun.
const leaseLasts = time.Second

func (s *suite) heedsLease(ctx context.Context) error {
	if s.calls.Slow.Action == "" {
		return skipped("no slow call given")
	}
	d, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(d.GetFeatures(), "renew") {
		return skipped(`the plugin does not have the feature "renew"`)
	}
	ctx, stop := context.WithTimeout(ctx, leaseLasts+cancelLimit)
	defer stop()
	r, err := s.outliveLease(ctx)
	switch {
	case s.client.stop != nil && status.Code(err) == codes.Unavailable:
		return skipped("the process ended with the lease, as it may; what follows is not checked")
	case err != nil:
		return fmt.Errorf("after a lease of %s: %w", leaseLasts, err)
	case r.Status != Cancelled:
		return fmt.Errorf("after the lease: status %q, error %q; want %q", r.Status, r.Err, Cancelled)
	}
	if _, err := s.client.Run(ctx, s.calls.Slow.Action, s.calls.Slow.Arguments); status.Code(err) != codes.FailedPrecondition {
		return fmt.Errorf("an attempt after the lease: got %v; want %s", err, codes.FailedPrecondition)
	}
	return s.beginsAgain(ctx)
}

// outliveLease makes a slow attempt and lets the lease run out meanwhile. The
// two calls are sent in this order over one connection.
func (s *suite) outliveLease(ctx context.Context) (*Record, error) {
	stream, err := s.client.Wire.Execute(ctx, &actionv1.ExecuteRequest{
		Action:        s.calls.Slow.Action,
		ArgumentsJson: []byte(s.calls.Slow.Arguments),
		Run:           newCall(ctx, nil).run,
	})
	if err != nil {
		return nil, err
	}
	if err := s.client.Renew(ctx, leaseLasts); err != nil {
		return nil, err
	}
	r := &Record{}
	return r, r.read(stream)
}

// beginsAgain expects attempts to be executed once the lease is renewed.
func (s *suite) beginsAgain(ctx context.Context) error {
	for _, validFor := range []time.Duration{time.Hour, 0} { // it ends without a limit, as it began
		if err := s.client.Renew(ctx, validFor); err != nil {
			return fmt.Errorf("renewing for %s: %w", validFor, err)
		}
	}
	attempt, stop := context.WithCancel(ctx)
	defer stop()
	ended := s.startSlow(attempt)
	if err := s.cancelSlow(ctx); err != nil {
		return fmt.Errorf("an attempt after a renewal: %w", err)
	}
	select {
	case r := <-ended:
		if r.Status != Cancelled {
			return fmt.Errorf("an attempt after a renewal: status %q, error %q; want %q", r.Status, r.Err, Cancelled)
		}
		return nil
	case <-ctx.Done():
		return errors.New("an attempt after a renewal does not end")
	}
}
