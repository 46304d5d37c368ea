package reload

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

// executed asks for executions.
func (b *bench) executed(from, to time.Time) ExecutionList {
	b.t.Helper()
	const format = time.RFC3339Nano
	return answered[ExecutionList](b.t, b.query(executionsQuery, fmt.Sprintf(`{"from": %q, "to": %q}`, from.Format(format), to.Format(format))))
}

func TestExecutionsAreListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		began := time.Now()
		wantStatus(t, b.run(only(app1ID, "")), sdktest.Succeeded) // before
		time.Sleep(time.Hour)
		from := time.Now()
		retried := reportOf(t, b.run(only(retriesID, ""))).Tasks[0]
		failed := reportOf(t, b.run(only(failsID, ""))).Tasks[0]
		program := reportOf(t, b.run(only(programID, ""))).Tasks[0]
		slow := reportOf(t, b.run(only(slowID, `, "wait": false`))).Tasks[0]
		time.Sleep(time.Second)
		to := time.Now()
		wantStatus(t, b.run(only(app1ID, "")), sdktest.Succeeded) // not before to

		got := b.executed(from, to)
		if !got.Complete || !got.Until.Equal(to) || len(got.Executions) != 4 {
			t.Fatalf("got %+v", got)
		}
		for i, want := range []TaskReport{retried, failed, program} {
			e := got.Executions[i]
			if e.ID != want.SessionID || e.TaskID != want.ID || e.TaskName != want.Name || e.Status != want.Status || e.EndedAt == nil || !e.EndedAt.Equal(want.StoppedAt) {
				t.Errorf("got %+v\nwant %+v", e, want)
			}
		}
		if e := got.Executions[0]; !e.StartedAt.Equal(from) || !e.StartedAt.Before(retried.StartedAt) {
			t.Errorf("it started at %s: the first attempt counts", e.StartedAt)
		}
		if e := got.Executions[3]; e.ID != slow.SessionID || e.EndedAt != nil || e.Status != "Started" {
			t.Errorf("got %+v of what is executing", e)
		}
		if all := b.executed(began, time.Now()); len(all.Executions) != 6 {
			t.Errorf("%d executions", len(all.Executions))
		}
		if none := b.executed(from.Add(-time.Minute), from); none.Executions == nil || len(none.Executions) > 0 || !none.Complete {
			t.Errorf("got %+v", none)
		}
	})
}

// counting is a site with results of its own: one for each of some times, of which
// it sends no more than so many at once.
type counting struct {
	at    []time.Time
	cap   int
	asked int
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.asked++
	body := "[]" // the task has been deleted
	words := strings.Fields(strings.NewReplacer("'", "", "(", "", ")", "").Replace(r.URL.Query().Get("filter")))
	var from, to time.Time
	if len(words) == 7 { // startTime ge from and startTime lt to
		from, _ = time.Parse(time.RFC3339Nano, words[2])
		to, _ = time.Parse(time.RFC3339Nano, words[6])
	}
	var found []int
	for i, at := range c.at {
		if !at.Before(from) && at.Before(to) {
			found = append(found, i)
		}
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/count"):
		body = fmt.Sprintf(`{"value": %d}`, len(found))
	case strings.HasSuffix(r.URL.Path, "/executionresult/full"):
		var rows []string
		for _, i := range found[:min(len(found), c.cap)] {
			rows = append(rows, fmt.Sprintf(`{"id": %q, "taskID": %q, "startTime": %q, "status": 7}`,
				uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i)), app1ID, c.at[i].Format(time.RFC3339Nano)))
		}
		body = "[" + strings.Join(rows, ",") + "]"
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// TestExecutionsInParts: whoever asks again from the time told gets each once.
func TestExecutionsInParts(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	spread := func(n int, every time.Duration) (at []time.Time) {
		for i := range n {
			at = append(at, from.Add(time.Duration(i)*every))
		}
		return at
	}
	tests := map[string]struct {
		site  counting
		parts int
	}{
		"as many as are read":    {counting{at: spread(maxResults, time.Minute), cap: 1e6}, 1},
		"more than are read":     {counting{at: spread(3*maxResults, time.Minute), cap: 1e6}, 8},
		"a site that sends less": {counting{at: spread(500, time.Minute), cap: 100}, 20},
		"all in two minutes":     {counting{at: spread(maxResults+500, 50*time.Millisecond), cap: 1e6}, 8},
		"none for a second":      {counting{at: spread(2*maxResults, time.Millisecond)[maxResults/2:], cap: 1e6}, 8},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, qrssim.Options{})
			b.through(&tt.site)
			seen := map[string]bool{}
			parts, to := 0, from.Add(30*24*time.Hour)
			for at, complete := from, false; !complete; parts++ {
				if parts > tt.parts {
					t.Fatalf("%d executions in %d parts", len(seen), parts)
				}
				got := b.executed(at, to)
				for i, e := range got.Executions {
					if seen[e.ID] || e.TaskName != "" || i > 0 && e.StartedAt.Before(got.Executions[i-1].StartedAt) || !e.StartedAt.Before(got.Until) {
						t.Fatalf("got %+v", e)
					}
					seen[e.ID] = true
				}
				at, complete = got.Until, got.Complete
			}
			if len(seen) != len(tt.site.at) {
				t.Errorf("%d executions of %d in %d parts", len(seen), len(tt.site.at), parts)
			}
			if tt.site.asked > parts*60 {
				t.Errorf("%d requests for %d parts", tt.site.asked, parts)
			}
		})
	}
}

func TestTooManyAtOneTimeIsAnError(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	site := &counting{cap: 1e6}
	for range maxResults + 1 {
		site.at = append(site.at, from)
	}
	b := newBench(t, qrssim.Options{})
	b.through(site)
	got := b.query(executionsQuery, `{"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}`)
	wantText(t, "error", got.Err, "more of one millisecond than are read at once")
}

func TestAttemptsMakeOneExecution(t *testing.T) {
	t.Parallel()
	at := func(second int) qrs.Date {
		return qrs.Date{Time: time.Date(2026, 11, 1, 0, 0, second, 0, time.UTC)}
	}
	end := at(9).Time
	results := []qrs.Result{ // newest first
		{ID: guid(5), StartTime: at(8), Status: qrs.Retry, StopTime: at(9), ExecutionID: guid(12)},
		{ID: guid(4), StartTime: at(7), Status: qrs.FinishedSuccess, StopTime: at(9), ExecutionID: guid(11), TaskID: guid(1)},
		{ID: guid(3), StartTime: at(3), Status: qrs.Skipped},
		{ID: guid(2), StartTime: at(2), Status: qrs.Retry, StopTime: at(4), ExecutionID: guid(11), TaskID: guid(1)},
	}
	nobody := uuid.Nil.String()
	want := []Execution{
		{ID: guid(11).String(), TaskID: guid(1).String(), StartedAt: at(2).Time, EndedAt: &end, Status: "FinishedSuccess"},
		{ID: guid(3).String(), TaskID: nobody, StartedAt: at(3).Time, Status: "Skipped"},
		{ID: guid(12).String(), TaskID: nobody, StartedAt: at(8).Time, Status: "Retry"},
	}
	if diff := cmp.Diff(want, executions(results)); diff != "" {
		t.Error(diff)
	}
}
