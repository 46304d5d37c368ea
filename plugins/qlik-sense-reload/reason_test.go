package reload

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

func TestScriptErrorIsTheLastOne(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		log  []string
		want string
	}{
		"none":                 {[]string{"Execution started.", "Execution Failed"}, ""},
		"one":                  {[]string{"20260115T080001.553+0000      Error: Table 'x' not found", "Execution Failed"}, "Table 'x' not found"},
		"several":              {[]string{"Error: first", "Error: second", "the end"}, "second"},
		"no log":               {nil, ""},
		"a word of the script": {[]string{"LOAD 'Error' as x"}, ""},
	}
	for name, tt := range tests {
		if got := scriptError(tt.log); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestFailureDetails(t *testing.T) {
	t.Parallel()
	information := func(text string) qrs.Detail { return qrs.Detail{Type: 2, Message: text} }
	many := make([]qrs.Detail, 30)
	tests := map[string]struct {
		details []qrs.Detail
		want    []string
	}{
		"errors and warnings": {[]qrs.Detail{information("a"), {Type: qrs.ErrorDetail, Message: "b"}, {Type: qrs.WarningDetail, Message: "c"}, information("d")}, []string{"b", "c"}},
		"none that is marked": {[]qrs.Detail{information("a"), information("b"), information("c")}, []string{"b", "c"}},
		"only one":            {[]qrs.Detail{information("a")}, []string{"a"}},
		"none":                {nil, nil},
		"many":                {many, make([]string, maxDetails)},
		"a long one":          {[]qrs.Detail{{Message: strings.Repeat("ö", 501)}}, []string{strings.Repeat("ö", 500) + "…"}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, failureDetails(qrs.Result{Details: tt.details})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestReasonSaysTheMostTelling(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		report TaskReport
		want   string
	}{
		"the script's": {TaskReport{ScriptLog: []string{"Error: no table"}, Details: []string{"Max retries reached"}}, "FinishedFail: no table"},
		"Qlik Sense's": {TaskReport{Details: []string{"a", "Max retries reached"}}, "FinishedFail: Max retries reached"},
		"none":         {TaskReport{}, "FinishedFail"},
	}
	for name, tt := range tests {
		j := &job{report: tt.report}
		if err := j.reason(qrs.Result{Status: qrs.FinishedFail}); err.Error() != tt.want {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("x", maxLogBytes-4)
	tests := map[string]struct {
		text string
		n    int
		want []string
	}{
		"the last lines":              {"a\r\nb\r\nc\r\n", 2, []string{"b", "c"}},
		"fewer than wanted":           {"\ufeffa\nb", 40, []string{"a", "b"}},
		"a first line that is cut":    {full + "\na\nb", 40, []string{"a", "b"}},
		"a line that is all there is": {full + "xxxx", 40, []string{strings.Repeat("x", maxLogLine) + "…"}},
		"what is no text":             {"a\xff\xfeb", 1, []string{"a…b"}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, tail([]byte(tt.text), tt.n)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDurationIsComputedUntilQlikSenseTellsIt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
	for told, want := range map[int64]float64{0: 50, 49_784: 49.784} {
		j := &job{}
		j.keep(qrs.Result{StartTime: qrs.Date{Time: at}, StopTime: qrs.Date{Time: at.Add(50 * time.Second)}, Duration: told})
		if j.report.Duration != want {
			t.Errorf("got %v, want %v", j.report.Duration, want)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	reload := qrs.Task{Name: "Finance"}
	tests := map[string]*job{
		"reloaded Finance in 3m12s":                    {task: reload, report: TaskReport{Duration: 192.4}},
		"ran Export in 2.1s":                           {task: qrs.Task{Name: "Export", Type: qrs.ExternalProgramTask}, report: TaskReport{Duration: 2.1}},
		"Finance: FinishedFail: no table":              {task: reload, err: errors.New("FinishedFail: no table")},
		"left Finance alone: it was already executing": {task: reload, report: TaskReport{Status: alreadyRunning}},
	}
	for want, j := range tests {
		j.batch = &batch{args: Arguments{Wait: true}}
		if got := j.line(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := (&job{task: reload, batch: &batch{}}).line(); got != "started Finance" {
		t.Errorf("got %q", got)
	}
}
