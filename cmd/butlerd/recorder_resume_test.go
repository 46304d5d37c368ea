package main

import (
	"path/filepath"
	"testing"

	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

func TestRecorderFindsWhatBecameOfALostAttempt(t *testing.T) {
	t.Parallel()
	p := recorder(filepath.Join(t.TempDir(), "record"))
	action := p.Actions[1]
	r := sdktest.Run(t, action, `{}`, sdktest.WithLost(sdk.LostAttempt{Attempt: 1}))
	if r.Status != sdktest.Failed || r.Err != "was never started" {
		t.Errorf("before it began: %+v", r)
	}
	first := sdktest.Run(t, action, `{}`)
	r = sdktest.Run(t, action, `{}`, sdktest.WithLost(sdk.LostAttempt{Attempt: 1, Checkpoint: first.Checkpoint()}))
	if first.Status != sdktest.Succeeded || r.Status != sdktest.Succeeded {
		t.Errorf("after its end: %+v, %+v", first, r)
	}
}
