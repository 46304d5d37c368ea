package qrs_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

func TestDates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 15, 8, 0, 1, 120e6, time.UTC)
	tests := map[string]time.Time{
		`"2026-01-15T08:00:01.120Z"`:      at,
		`"2026-01-15T09:00:01.120+01:00"`: at,
		`"1753-01-01T00:00:00.000Z"`:      {},
		`"yesterday"`:                     {},
		`null`:                            {},
		`17`:                              {},
	}
	for text, want := range tests {
		got := qrs.Date{Time: at}
		if err := json.Unmarshal([]byte(text), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}

func TestStatusNamesAndEnds(t *testing.T) {
	t.Parallel()
	var final []string
	for s := qrs.NeverStarted; s <= qrs.DistributionRunning; s++ {
		if s.Final() {
			final = append(final, s.String())
		}
	}
	if diff := cmp.Diff([]string{"Aborted", "FinishedSuccess", "FinishedFail", "Error"}, final); diff != "" {
		t.Error(diff)
	}
	for s, want := range map[qrs.Status]string{2: "Started", 10: "Retry", 14: "DistributionRunning", 15: "Status15", -1: "Status-1"} {
		if s.String() != want {
			t.Errorf("got %s, want %s", s, want)
		}
	}
}

func TestAResultIsOverByStateOrByTime(t *testing.T) {
	t.Parallel()
	at := qrs.Date{Time: time.Now()}
	tests := map[string]struct {
		result qrs.Result
		want   bool
	}{
		"executing":               {qrs.Result{Status: qrs.Started}, false},
		"finished without a time": {qrs.Result{Status: qrs.FinishedSuccess}, true},
		"skipped":                 {qrs.Result{Status: qrs.Skipped}, false},
		"skipped with a time":     {qrs.Result{Status: qrs.Skipped, StopTime: at}, true},
	}
	for name, tt := range tests {
		if tt.result.Over() != tt.want {
			t.Errorf("%s: got %t", name, !tt.want)
		}
	}
}

func TestResultsAreNewestFirstWithDetailsInOrder(t *testing.T) {
	t.Parallel()
	row := func(n int) string {
		return fmt.Sprintf(`{"id":"00000000-0000-0000-0000-00000000000%[1]d","startTime":"2026-01-0%[1]dT00:00:00.000Z","details":[
			{"message":"second","detailCreatedDate":"2026-01-01T00:00:02.000Z"},{"message":"first","detailCreatedDate":"2026-01-01T00:00:01.000Z"}]}`, n)
	}
	client := to(t, always(200, "["+row(1)+","+row(3)+","+row(2)+"]"))
	results, err := client.Results(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	var days []int
	for _, r := range results {
		days = append(days, r.StartTime.Day())
		if r.Details[0].Message != "first" {
			t.Errorf("details: %v", r.Details)
		}
	}
	if diff := cmp.Diff([]int{3, 2, 1}, days); diff != "" {
		t.Error(diff)
	}
}

func TestExecutingAsksByTheTypeOfTheTask(t *testing.T) {
	t.Parallel()
	tests := map[qrs.TaskType]string{
		qrs.ReloadTask: "reloadTask.id", qrs.ExternalProgramTask: "externalProgramTask.id", qrs.UserSyncTask: "userSyncTask.id",
		3: "reloadTask.id", 4: "reloadTask.id",
	}
	for typ, property := range tests {
		var filter string
		client := to(t, wire(func(r *http.Request) (*http.Response, error) {
			filter = r.URL.Query().Get("filter")
			a := answer(200, `[{"id":"`+wanted.String()+`"}]`)
			a.Header.Set("Date", "Thu, 15 Jan 2026 08:00:01 GMT")
			return a, nil
		}))
		open, at, err := client.Executing(t.Context(), qrs.Task{ID: wanted, Type: typ})
		if err != nil || len(open) != 1 || open[0].ID != wanted || !strings.HasPrefix(filter, property+" eq ") {
			t.Errorf("%d: got %v, %v with %s", typ, open, err, filter)
		}
		if !at.Equal(time.Date(2026, 1, 15, 8, 0, 1, 0, time.UTC)) {
			t.Errorf("the time is %s, not the host's", at)
		}
	}
}

func TestASessionThatIsNotFoundHasEnded(t *testing.T) {
	t.Parallel()
	session, err := to(t, always(404, "Item not found")).Session(t.Context(), wanted)
	if session != nil || err != nil {
		t.Errorf("got %v, %v", session, err)
	}
}

func TestSessionsKnowTheirTask(t *testing.T) {
	t.Parallel()
	for _, member := range []string{"reloadTask", "externalProgramTask", "userSyncTask"} {
		body := fmt.Sprintf(`{"id":%q,"reloadTask":null,%q:{"id":%q,"name":"x"}}`, wanted, member, wanted)
		session, err := to(t, always(200, body)).Session(t.Context(), wanted)
		if err != nil || session.Task() == nil || session.Task().ID != wanted {
			t.Errorf("%s: got %v, %v", member, session, err)
		}
	}
	if (&qrs.Session{}).Task() != nil {
		t.Error("there is none")
	}
}

// logs answers requests for script logs by path.
func logs(answers map[string]string) wire {
	return func(r *http.Request) (*http.Response, error) {
		for part, body := range answers {
			if strings.Contains(r.URL.Path, part) {
				return answer(200, body), nil
			}
		}
		return answer(404, "Item not found"), nil
	}
}

func TestScriptLogIsFoundEitherWay(t *testing.T) {
	t.Parallel()
	ticket, log := `{"value":"`+wanted.String()+`"}`, strings.Repeat("0123456789", 10_000)
	r := qrs.Result{ID: wanted, LogFile: wanted}
	tests := map[string]struct {
		answers map[string]string
		result  qrs.Result
		err     error
	}{
		"the older way":        {map[string]string{"/scriptlog": ticket, "/download/": log}, r, nil},
		"the newer way":        {map[string]string{"/scriptlogfile": ticket, "/download/": log}, r, nil},
		"without a reference":  {map[string]string{"/scriptlogfile": ticket, "/download/": log}, qrs.Result{ID: wanted}, nil},
		"not there":            {nil, r, qrs.ErrNoLog},
		"not to be downloaded": {map[string]string{"/scriptlog": ticket}, r, qrs.ErrNoLog},
	}
	for name, tt := range tests {
		text, err := to(t, logs(tt.answers)).ScriptLog(t.Context(), uuid.New(), tt.result, 1005)
		switch {
		case err != tt.err:
			t.Errorf("%s: %v", name, err)
		case err == nil && string(text) != log[len(log)-1005:]:
			t.Errorf("%s: it is not the tail, but %d bytes", name, len(text))
		}
	}
}

func TestAClientNeedsAHost(t *testing.T) {
	t.Parallel()
	if _, err := qrs.New(qrs.Options{}); err == nil {
		t.Error("it has none")
	}
}

func TestAuthDoesNotShowItsSecret(t *testing.T) {
	t.Parallel()
	for _, auth := range []qrs.Auth{qrs.WithJWT("SECRET"), qrs.WithHeader("hdr", "SECRET")} {
		if text := fmt.Sprintf("%v %+v %#v %s", auth, auth, auth, auth); strings.Contains(text, "SECRET") {
			t.Error(text)
		}
	}
}
