package qrssim

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrssim/internal/filter"
)

func TestHistoryDropsTheOldest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{History: 3})
		open := b.start(slowTask)
		var sessions []string
		for range 5 {
			sessions = append(sessions, b.start(app1Task))
			time.Sleep(10 * time.Second)
		}
		for i, session := range sessions {
			want := 1
			if i < 2 {
				want = 0
			}
			if got := len(b.results(session)); got != want {
				t.Errorf("session %d has %d results, want %d", i, got, want)
			}
		}
		if got := len(b.results(open)); got != 1 {
			t.Error("the result of an open session was dropped")
		}
		if got := len(decode[[]any](t, b.get("/qrs/executionresult?filter=taskID%20eq%20"+app1Task))); got != 3 {
			t.Errorf("the task has %d results, want 3", got)
		}
		h := &b.site.history
		for name, n := range map[string]int{
			"byID": len(h.byID), "byExecution": len(h.byExecution), "byFile": len(h.byFile) + 1, "byTicket": len(h.byTicket) + 1,
		} {
			if n != 4 {
				t.Errorf("%s has %d entries, want 4", name, n)
			}
		}
	})
}

func TestHistoryDropsAttemptsOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{History: 1})
		session := b.start(flakyTask)
		time.Sleep(time.Minute)
		results := b.results(session)
		if len(results) != 1 || results[0].Status != statusFinishedSuccess {
			t.Errorf("results = %+v, want the second attempt only", results)
		}
	})
}

// TestHistoryLooksUp holds that the filters clients track executions with do not
// go through all results.
func TestHistoryLooksUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed, ids := manyTasks(t, 50)
		b := newBench(t, Options{Seed: seed, Capacity: 50})
		b.post("/qrs/task/start/many", jsonList(ids))
		time.Sleep(time.Minute)
		session := b.Starts()[7].SessionID.String()
		other := b.Starts()[8].SessionID.String()
		result := b.results(session)[0].ID.String()
		for text, want := range map[string]int{
			"executionID eq " + session:                                 1,
			"ExecutionId eq " + session + " and status eq 7":            1,
			"executionID eq " + session + " or executionId eq " + other: 2,
			"taskId eq " + ids[7]:                                       1,
			"id eq " + result:                                           1,
			"executionID eq " + uuid.Nil.String():                       0,
			"status eq 7":                                               50,
		} {
			f, err := filter.Parse(text, reflect.TypeFor[resultFull]())
			if err != nil {
				t.Fatal(err)
			}
			if got := len(b.site.history.candidates(f)); got != want {
				t.Errorf("%s has %d candidates, want %d", text, got, want)
			}
		}
	})
}

func TestRingKeepsTheNewest(t *testing.T) {
	t.Parallel()
	r := ring[int]{limit: 3}
	for i := range 8 {
		r.add(i)
	}
	if got := r.all(); len(got) != 3 || got[0] != 5 || got[2] != 7 {
		t.Errorf("all() = %v, want [5 6 7]", got)
	}
}
