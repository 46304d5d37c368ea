package sdk_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/sdktest"
)

type heed struct {
	Lasts   time.Duration `hcl:"lasts" default:"0s"`
	Cleanup time.Duration `hcl:"cleanup" default:"0s"`
}

// heeding is a plugin whose action says why it ended; it takes as long as it is
// told to clean up.
func heeding(ended chan<- error) sdk.Plugin {
	action := func(ctx context.Context, _ *sdk.Run, args heed) (struct{}, error) {
		select {
		case <-time.After(args.Lasts):
		case <-ctx.Done():
			time.Sleep(args.Cleanup)
		}
		ended <- context.Cause(ctx)
		return struct{}{}, ctx.Err()
	}
	return sdk.Plugin{Name: "p", Actions: []sdk.Action{sdk.NewAction("heed", action)}}
}

func renew(t *testing.T, c *sdktest.Client, validFor time.Duration) {
	t.Helper()
	if err := c.Renew(t.Context(), validFor); err != nil {
		t.Fatal(err)
	}
}

func TestAnAttemptEndsWithTheLease(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		renewals []time.Duration // one at the start, the others 8 s apart
		want     error
		took     time.Duration
	}{
		"which is never given":          {nil, nil, time.Hour},
		"which runs out":                {[]time.Duration{10 * time.Second}, sdk.ErrLeaseLost, 10 * time.Second},
		"which is renewed for a while":  {[]time.Duration{10 * time.Second, 10 * time.Second, 10 * time.Second}, sdk.ErrLeaseLost, 26 * time.Second},
		"which is shortened":            {[]time.Duration{time.Hour, time.Second}, sdk.ErrLeaseLost, 9 * time.Second},
		"which is long enough":          {[]time.Duration{2 * time.Hour}, nil, time.Hour},
		"unless there is none any more": {[]time.Duration{10 * time.Second, 0}, nil, time.Hour},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan error, 1)
				c := sdktest.Serve(t, heeding(ended))
				began := time.Now()
				go func() {
					for i, validFor := range tt.renewals {
						time.Sleep(time.Until(began.Add(time.Duration(i) * 8 * time.Second)))
						renew(t, c, validFor)
					}
				}()
				r, err := c.Run(t.Context(), "heed", `{"lasts": "1h"}`)
				if err != nil {
					t.Fatal(err)
				}
				if cause := <-ended; !errors.Is(cause, tt.want) || time.Since(began) != tt.took {
					t.Errorf("ended after %s by %v, want after %s by %v", time.Since(began), cause, tt.took, tt.want)
				}
				if (r.Status == sdktest.Cancelled) != (tt.want != nil) {
					t.Errorf("status %q, %q", r.Status, r.Err)
				}
			})
		})
	}
}

func TestExecuteIsRefusedWithoutTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 10)
		c := sdktest.Serve(t, heeding(ended))
		attempt := func(arguments string) codes.Code {
			t.Helper()
			_, err := c.Run(t.Context(), "heed", arguments, sdktest.WithRun(sdk.Run{ID: "another"}))
			return status.Code(err)
		}
		renew(t, c, time.Second)
		lingers := make(chan struct{})
		go func() {
			defer close(lingers)
			_, _ = c.Run(t.Context(), "heed", `{"lasts": "1h", "cleanup": "1m"}`)
		}()
		time.Sleep(2 * time.Second)
		if code := attempt(`{}`); code != codes.FailedPrecondition {
			t.Errorf("after the lease: %s", code)
		}
		renew(t, c, time.Hour)
		if code := attempt(`{}`); code != codes.FailedPrecondition {
			t.Errorf("renewed, but while an attempt of the former lease goes on: %s", code)
		}
		<-lingers
		if code := attempt(`{}`); code != codes.OK {
			t.Errorf("renewed: %s", code)
		}
		time.Sleep(time.Hour)
		if code := attempt(`{}`); code != codes.FailedPrecondition {
			t.Errorf("after the second lease: %s", code)
		}
		renew(t, c, 0)
		time.Sleep(time.Hour)
		if code := attempt(`{}`); code != codes.OK {
			t.Errorf("without any lease: %s", code)
		}
	})
}

func TestRenewRefusesWhatIsNoDuration(t *testing.T) {
	t.Parallel()
	c := sdktest.Serve(t, heeding(nil))
	for _, d := range []*durationpb.Duration{{Seconds: -1}, {Seconds: 1, Nanos: -1}} {
		if _, err := c.Wire.Renew(t.Context(), &actionv1.RenewRequest{ValidFor: d}); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v: %v", d, err)
		}
	}
}
