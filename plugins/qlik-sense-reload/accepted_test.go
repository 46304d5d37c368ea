package reload

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

// TestAcceptance: a run is accepted when Qlik Sense has all that the run wants of
// it, and only then; and who was refused can be told from who was not reached.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	fault := func(kind qrssim.FaultKind, status int) func(*bench) {
		return func(b *bench) { b.inject(qrssim.Fault{Kind: kind, Status: status, Path: startPath}) }
	}
	busy := func(b *bench) { b.byHand(guid(1).String()) }
	first, second := only(guid(1).String(), ""), only(guid(2).String(), "")
	tests := map[string]struct {
		arguments string
		before    func(*bench)
		status    sdktest.Status
		accepted  bool
		refused   string
	}{
		"a task that ends well":              {first, nil, sdktest.Succeeded, true, ""},
		"a task that is only started":        {only(guid(1).String(), `, "wait": false`), nil, sdktest.Succeeded, true, ""},
		"a task that fails":                  {`{"task_name": "Broken"}`, nil, sdktest.Failed, true, ""},
		"a start that is found":              {first, fault(qrssim.FaultDropAfter, 0), sdktest.Succeeded, true, ""},
		"a task that is executing":           {first, busy, sdktest.Failed, false, "executing"},
		"an app that is reloaded":            {second, busy, sdktest.Failed, false, "executing"},
		"a task that is waited for":          {only(guid(1).String(), `, "if_running": "wait"`), busy, sdktest.Succeeded, true, ""},
		"a task that is left alone":          {only(guid(1).String(), `, "if_running": "skip"`), busy, sdktest.Succeeded, true, ""},
		"a disabled task":                    {`{"task_name": "Off"}`, nil, sdktest.Failed, false, "disabled"},
		"zeros without a reason":             {first, fault(qrssim.FaultZeros, 0), sdktest.Failed, false, "unexplained"},
		"an error of Qlik Sense":             {first, fault(qrssim.FaultStatus, 500), sdktest.Failed, false, ""},
		"a start that may take effect yet":   {first, fault(qrssim.FaultStatus, 504), sdktest.Lost, false, ""},
		"several of which one is refused":    {`{"tag": "all"}`, nil, sdktest.Failed, false, "disabled"},
		"several that are all taken":         {`{"tag": "some"}`, nil, sdktest.Failed, true, ""},
		"several of which one is left alone": {`{"tag": "good", "if_running": "skip"}`, func(b *bench) { b.byHand(guid(6).String()) }, sdktest.Succeeded, true, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{Seed: refusals()})
				if tt.before != nil {
					tt.before(b)
				}
				r := b.run(tt.arguments)
				wantStatus(t, r, tt.status)
				if r.Accepted != tt.accepted {
					t.Errorf("accepted %t", r.Accepted)
				}
				var refused string
				for _, task := range reportOf(t, r).Tasks {
					refused += task.Refused
				}
				if refused != tt.refused || strings.Contains(string(r.Result), `"refused"`) != (refused != "") {
					t.Errorf("refused %q in %s", refused, r.Result)
				}
			})
		})
	}
}

// refusals are two tasks of one app, and others that end in all ways.
func refusals() *qrssim.Seed {
	seed := sharing()
	seed.Tags = []string{"all", "some", "good"}
	broken, off := program(3, "Broken", "all", "some"), program(4, "Off", "all")
	broken.Outcome, off.Disabled = "error", true
	seed.Tasks = append(seed.Tasks, broken, off, program(5, "Zulu", "all", "some", "good"), program(6, "Yankee", "good"))
	return seed
}

func TestALostAttemptMayHaveBeenAccepted(t *testing.T) {
	t.Parallel()
	for at, want := range map[moment]bool{beforeStart: false, unanswered: true, following: true} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				lost := b.kill(at, only(app1ID, ""))
				r := b.run(only(app1ID, ""), sdktest.WithLost(lost))
				if r.Accepted != want || b.took(app1ID) > 1 {
					t.Errorf("accepted %t, %d starts", r.Accepted, b.took(app1ID))
				}
			})
		})
	}
}

// TestARefusalIsNoted: whoever looks for the attempt tells the same.
func TestARefusalIsNoted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{Seed: refusals()})
		b.byHand(guid(1).String())
		first := b.run(only(guid(1).String(), ""))
		lost := sdk.LostAttempt{Attempt: 1, Checkpoint: first.Checkpoint()}
		time.Sleep(time.Hour)
		r := b.run(only(guid(1).String(), ""), sdktest.WithLost(lost))
		wantStatus(t, r, sdktest.Failed)
		if got := reportOf(t, r).Tasks[0]; got.Refused != "executing" || r.Accepted || b.took(guid(1).String()) != 1 {
			t.Errorf("got %+v", got)
		}
	})
}
