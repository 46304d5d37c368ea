package app_test

import (
	"slices"
	"testing"
	"time"

	app "butlerd/plugins/qlik-sense-app"
	"butlerd/plugins/qlik-sense-app/enginesim"
	"butlerd/sdk/sdktest"
)

// running makes a run that goes on, and what cancels it. The record comes when the
// run has ended.
func running(t *testing.T, sim *enginesim.Simulator, id string) (record <-chan *sdktest.Record, cancel func()) {
	t.Helper()
	client := serve(t, to(sim))
	ended := make(chan *sdktest.Record, 1)
	go func() { // ends with the run
		r, err := client.Run(t.Context(), app.Reload, `{"app_id": "`+id+`"}`)
		if err != nil {
			t.Error(err)
		}
		ended <- r
	}()
	return ended, func() {
		t.Helper()
		if found, err := client.Cancel(t.Context(), "test-run", 1, "enough"); !found || err != nil {
			t.Fatalf("cancelling: %t, %v", found, err)
		}
	}
}

func ordered(sim *enginesim.Simulator) func() bool {
	return func() bool { return len(sim.Reloads()) > 0 }
}

func TestCancel(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault  *enginesim.Fault
		status sdktest.Status
		want   string
	}{
		"ends the reload":         {nil, sdktest.Cancelled, "enough"},
		"that breaks is lost":     {&enginesim.Fault{Method: "CancelReload", Kind: enginesim.DropBefore}, sdktest.Lost, "cancelling the reload"},
		"without answer is lost":  {&enginesim.Fault{Method: "CancelReload", Kind: enginesim.Silence}, sdktest.Lost, "cancelling the reload"},
		"without effect is lost":  {&enginesim.Fault{Method: "CancelReload", Kind: enginesim.NoEffect}, sdktest.Lost, "has not ended although it was cancelled"},
		"that is refused is lost": {&enginesim.Fault{Method: "CancelReload", Kind: enginesim.Answer, Code: 5, Message: "Access is denied"}, sdktest.Lost, "cancelling the reload"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := start(t, apps())
			if tt.fault != nil {
				inject(t, sim, *tt.fault)
			}
			record, cancel := running(t, sim, slowApp)
			until(t, "the reload is ordered", ordered(sim))
			cancel()
			wantStatus(t, <-record, tt.status, sdktest.Default, tt.want)
			until(t, "the engine has ended the reload", func() bool { return sim.Reloads()[0].Cancelled })
			if sim.Reloads()[0].Saved || slices.Contains(methods(sim), "DoSave") {
				t.Error("it was saved")
			}
		})
	}
}

func TestCancelBeforeTheOrder(t *testing.T) {
	t.Parallel()
	sim := start(t, apps())
	inject(t, sim, enginesim.Fault{Method: "OpenDoc", Kind: enginesim.Silence})
	record, cancel := running(t, sim, enginesim.App1)
	until(t, "the app is opened", func() bool { return slices.Contains(methods(sim), "OpenDoc") })
	cancel()
	wantStatus(t, <-record, sdktest.Cancelled, sdktest.Default, "enough")
	if n := len(sim.Reloads()); n > 0 {
		t.Errorf("%d reloads", n)
	}
}

func TestCancelWhileSavingLearnsThatItIsSaved(t *testing.T) {
	t.Parallel()
	const wait = time.Second // shorter than cleanupLimit
	sim := start(t, apps())
	inject(t, sim, enginesim.Fault{Method: "DoSave", Kind: enginesim.Delay, Delay: wait})
	record, cancel := running(t, sim, enginesim.App1)
	until(t, "the saving is ordered", func() bool { return slices.Contains(methods(sim), "DoSave") })
	cancel()
	wantStatus(t, <-record, sdktest.Succeeded, "")
	if !sim.Reloads()[0].Saved {
		t.Error("it was not saved")
	}
}

func TestAcceptedWhileItReloads(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]enginesim.Fault{
		"as the engine says so":             {Method: "GetProgress", Kind: enginesim.Delay},
		"as the engine does not refuse it":  {Method: "GetProgress", Kind: enginesim.Answer, Times: 2, Code: 1, Message: "x"},
		"although the engine tells nothing": {Method: "GetProgress", Kind: enginesim.Raw, Times: 1, Message: `{"jsonrpc":"2.0","id":3,"result":{"qProgressData":{}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := start(t, apps())
			inject(t, sim, fault)
			record, cancel := running(t, sim, slowApp)
			asked := func() bool {
				n := 0
				for _, m := range methods(sim) {
					if m == "GetProgress" {
						n++
					}
				}
				return n > 3
			}
			until(t, "the engine was asked often enough", asked)
			cancel()
			if r := <-record; !r.Accepted {
				t.Errorf("status %q, error %q, not accepted", r.Status, r.Err)
			}
		})
	}
}
