package qrssim

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestExecutionGoesToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{TriggerTime: time.Second, ReloadTime: 10 * time.Second})
		began := time.Now().UTC()
		session := b.start(app1Task)
		for _, step := range []struct {
			after  time.Duration
			status status
			code   int
		}{
			{0, statusTriggered, http.StatusOK},
			{time.Second - 1, statusTriggered, http.StatusOK},
			{1, statusStarted, http.StatusOK},
			{10*time.Second - 1, statusStarted, http.StatusOK},
			{1, statusFinishedSuccess, http.StatusNotFound},
			{time.Hour, statusFinishedSuccess, http.StatusNotFound},
		} {
			time.Sleep(step.after)
			if got := b.status(session); got != step.status {
				t.Errorf("after %v the status is %v, want %v", time.Since(began), got, step.status)
			}
			if got := b.get("/qrs/executionsession/" + session).Code; got != step.code {
				t.Errorf("after %v the session answers %d, want %d", time.Since(began), got, step.code)
			}
		}

		result := b.results(session)[0]
		want := []string{
			"Changing task state to Triggered",
			"Trying to start task. Sending task to slave-node qs1.example.com",
			"Changing task state from Triggered to Started",
			"Reference to scriptlog added",
			"Changing task state from Started to FinishedSuccess",
		}
		if diff := cmp.Diff(want, result.messages()); diff != "" {
			t.Errorf("details (-want +got):\n%s", diff)
		}
		// Nobody looked at the moments at which things happened: they count.
		if got := result.Details[4].DetailCreatedDate; !got.Equal(began.Add(11 * time.Second)) {
			t.Errorf("the last detail is of %v, want 11 s after %v", got, began)
		}
		if result.Duration != 11_000 || !result.StartTime.Equal(began) || !result.StopTime.Equal(began.Add(11*time.Second)) {
			t.Errorf("times %v to %v, %d ms, want 11 s from %v", result.StartTime, result.StopTime, result.Duration, began)
		}
		if result.ExecutionID.String() != session || result.TaskID.String() != app1Task || result.AppID != nameID("app", "App1") {
			t.Errorf("result belongs to %v %v %v", result.ExecutionID, result.TaskID, result.AppID)
		}
	})
}

func TestExecutionThatIsOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		session := b.start(slowTask)
		time.Sleep(time.Second)
		result := b.results(session)[0]
		if result.StopTime.Year() != 1753 || result.Duration != 0 || result.ScriptLogAvailable || result.FileReferenceID != uuid.Nil {
			t.Errorf("it looks as if it had ended: %+v", result)
		}
		if got := b.Running(); got != 1 {
			t.Errorf("Running() = %d, want 1", got)
		}
		x := decode[sessionFullJSON](t, b.get("/qrs/executionsession/"+session))
		if got := x.AbortAt.Sub(result.StartTime); got != 24*time.Hour {
			t.Errorf("abortAt is %v after the start, want 24 h", got)
		}
		if x.User != `INTERNAL\sa_repository` || x.ReloadTask.ID.String() != slowTask || x.ExecutionResult.ID != result.ID {
			t.Errorf("session = %+v", x)
		}
		time.Sleep(2 * time.Minute)
		if got := b.Running(); got != 0 {
			t.Errorf("Running() = %d after the end, want 0", got)
		}
	})
}

type sessionFullJSON struct {
	AbortAt             time.Time
	AbortReason         abortReason
	Retries             int
	User                string
	ExecutionResult     resultJSON
	App                 *struct{ Name string }
	ReloadTask          *struct{ ID uuid.UUID }
	ExternalProgramTask *struct{ ID uuid.UUID }
	UserSyncTask        *struct{ ID uuid.UUID }
}

func TestExecutionOutcomes(t *testing.T) {
	t.Parallel()
	seed := `{"nodes":[{"name":"n1"}],"apps":[{"name":"A"}],"tasks":[{"name":"T","app":"A",%s}]}`
	tests := []struct {
		name, task string
		statuses   []status
		last       string
	}{
		{"succeeds", `"outcome":"success"`, []status{statusFinishedSuccess}, "Changing task state from Started to FinishedSuccess"},
		{"fails", `"outcome":"fail"`, []status{statusFinishedFail}, "Max retries reached"},
		{"ends in error", `"outcome":"error"`, []status{statusError}, "Max retries reached"},
		{"is tried again until it succeeds", `"failures":2,"maxRetries":5`, []status{statusRetry, statusRetry, statusFinishedSuccess}, "Changing task state from Started to FinishedSuccess"},
		{"is tried again until it has been often enough", `"outcome":"fail","maxRetries":2`, []status{statusRetry, statusRetry, statusFinishedFail}, "Max retries reached"},
		{"fails with fewer retries than failures", `"failures":2,"maxRetries":1`, []status{statusRetry, statusFinishedFail}, "Max retries reached"},
		{"is aborted at its timeout", `"reloadTime":"2m","timeoutMinutes":1`, []status{statusAborted}, "Changing task state from Aborting to Aborted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{Seed: mustSeed(t, seed, tt.task)})
				session := b.start(nameID("task", "T").String())
				time.Sleep(time.Hour)
				results := b.results(session)
				var statuses []status
				for _, r := range results {
					statuses = append(statuses, r.Status)
					if r.StopTime.Before(r.StartTime) {
						t.Errorf("result %+v has not ended", r)
					}
				}
				if diff := cmp.Diff(tt.statuses, statuses); diff != "" {
					t.Errorf("statuses (-want +got):\n%s", diff)
				}
				messages := results[len(results)-1].messages()
				if got := messages[len(messages)-1]; got != tt.last {
					t.Errorf("the last detail is %q, want %q", got, tt.last)
				}
				if code := b.get("/qrs/executionsession/" + session).Code; code != http.StatusNotFound {
					t.Errorf("the session answers %d after the end", code)
				}
			})
		})
	}
}

func TestExecutionOfOtherTypes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{Capacity: 1})
		b.start(slowTask)
		external, sync := b.start(externalTask), b.start(syncTask)
		time.Sleep(time.Second)
		for _, session := range []string{external, sync} {
			if got := b.status(session); got != statusStarted {
				t.Errorf("a task without an app waits for a slot: %v", got)
			}
		}
		if x := decode[sessionFullJSON](t, b.get("/qrs/executionsession/"+external)); x.ExternalProgramTask == nil || x.ReloadTask != nil || x.App != nil {
			t.Errorf("session of the external program = %+v", x)
		}
		if x := decode[sessionFullJSON](t, b.get("/qrs/executionsession/"+sync)); x.UserSyncTask == nil || x.ReloadTask != nil {
			t.Errorf("session of the user sync = %+v", x)
		}
		time.Sleep(time.Minute)
		if r := b.results(external)[0]; r.Status != statusFinishedSuccess || r.ScriptLogAvailable || r.AppID != uuid.Nil {
			t.Errorf("result of the external program = %+v", r)
		}
	})
}

func TestExecutionSettles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{TriggerTime: -1, ReloadTime: time.Second, SettleTime: 2 * time.Second})
		session := b.start(app1Task)
		time.Sleep(time.Second)
		early := b.results(session)[0]
		if early.Status != statusFinishedSuccess || early.Duration != 0 || len(early.Details) != 4 {
			t.Errorf("at the end: status %v, duration %d, %d details, want FinishedSuccess, 0, 4", early.Status, early.Duration, len(early.Details))
		}
		time.Sleep(2 * time.Second)
		if late := b.results(session)[0]; late.Duration != 1000 || len(late.Details) != 5 {
			t.Errorf("when settled: duration %d, %d details, want 1000, 5", late.Duration, len(late.Details))
		}
	})
}

func TestTaskShowsItsLastResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		last := func() resultJSON {
			row := decode[[]struct {
				Operational struct{ LastExecutionResult resultJSON }
			}](t, b.get("/qrs/task/full?filter=id%20eq%20"+app1Task))
			return row[0].Operational.LastExecutionResult
		}
		if r := last(); r.Status != statusNeverStarted || r.ID != uuid.Nil || r.StartTime.Year() != 1753 {
			t.Errorf("before the first start = %+v", r)
		}
		session := b.start(app1Task)
		time.Sleep(time.Second)
		if r := last(); r.Status != statusStarted || r.ID != b.results(session)[0].ID {
			t.Errorf("while it runs = %+v", r)
		}
		time.Sleep(time.Minute)
		if r := last(); r.Status != statusFinishedSuccess || r.ExecutingNodeName != "qs1.example.com" {
			t.Errorf("after the end = %+v", r)
		}
	})
}
