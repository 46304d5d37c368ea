package qrssim

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestScriptLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		session := b.start(flakyTask)
		time.Sleep(time.Minute)
		results := b.results(session)
		failed, succeeded := fetchLog(t, b, results[0]), fetchLog(t, b, results[1])

		for _, part := range []string{"Error: Connection to the source was lost\r\n", "Execution Failed\r\n"} {
			if !strings.Contains(failed, part) {
				t.Errorf("the log of the failed attempt lacks %q:\n%s", part, failed)
			}
			if strings.Contains(succeeded, part) {
				t.Errorf("the log of the successful attempt has %q:\n%s", part, succeeded)
			}
		}
		for _, log := range []string{failed, succeeded} {
			if strings.Count(log, "\n") != strings.Count(log, "\r\n") || !strings.HasSuffix(log, "Execution finished.\r\n") {
				t.Errorf("log of other lines than with CR LF, or without an end: %q", log)
			}
		}
	})
}

// fetchLog fetches a script log in both ways, which give the same.
func fetchLog(t *testing.T, b bench, r resultJSON) string {
	t.Helper()
	var logs []string
	for _, path := range []string{
		fmt.Sprintf("/qrs/reloadtask/%s/scriptlog?fileReferenceId=%s", r.TaskID, r.FileReferenceID),
		fmt.Sprintf("/qrs/reloadtask/%s/scriptlogfile?executionResultId=%s", r.TaskID, r.ID),
	} {
		ticket := decode[struct{ Value string }](t, b.get(path)).Value
		w := b.get("/qrs/download/reloadtask/" + ticket + "/any%20name.log")
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/unknown" {
			t.Errorf("download answered %d as %s", w.Code, w.Header().Get("Content-Type"))
		}
		logs = append(logs, w.Body.String())
	}
	if logs[0] != logs[1] {
		t.Errorf("the two ways give %q and %q", logs[0], logs[1])
	}
	if !r.ScriptLogAvailable || r.ScriptLogSize != int64(len(logs[0])) {
		t.Errorf("log of %d bytes announced as %d (%v)", len(logs[0]), r.ScriptLogSize, r.ScriptLogAvailable)
	}
	location := regexp.MustCompile(`^qs1\\Script\\[0-9a-f-]{36}\.\d{8}T\d{6}\.\d{3}\+0000\.[0-9A-F]{20}\.log$`)
	if !location.MatchString(r.ScriptLogLocation) {
		t.Errorf("location %s", r.ScriptLogLocation)
	}
	return logs[0]
}

func TestScriptLogThatIsNotThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		running, done, program := b.start(slowTask), b.start(app1Task), b.start(externalTask)
		time.Sleep(time.Minute)
		open, ended, other := b.results(running)[0], b.results(done)[0], b.results(program)[0]
		for name, path := range map[string]string{
			"while the task runs":  fmt.Sprintf("/qrs/reloadtask/%s/scriptlogfile?executionResultId=%s", open.TaskID, open.ID),
			"under zeros":          fmt.Sprintf("/qrs/reloadtask/%s/scriptlog?fileReferenceId=%s", open.TaskID, open.FileReferenceID),
			"of another task":      fmt.Sprintf("/qrs/reloadtask/%s/scriptlog?fileReferenceId=%s", app2Task, ended.FileReferenceID),
			"of a program":         fmt.Sprintf("/qrs/reloadtask/%s/scriptlogfile?executionResultId=%s", other.TaskID, other.ID),
			"with the file itself": fmt.Sprintf("/qrs/download/reloadtask/%s/x.log", ended.FileReferenceID),
		} {
			if w := b.get(path); w.Code != 404 {
				t.Errorf("%s it answers %d %s, want 404", name, w.Code, w.Body)
			}
		}
	})
}
