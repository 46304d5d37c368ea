package qrssim

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestButlerSeed holds what Butler's recordings say of their site.
func TestButlerSeed(t *testing.T) {
	t.Parallel()
	const one, two, three, four = "Reload task of App1", "Reload task of App2", "Reload task of App3 åäö", "Reload task of App4"
	b := newBench(t, Options{Seed: ButlerSeed()})
	pair := func(name, value string) string {
		return "(customProperties.definition.name eq '" + name + "') and (customProperties.value eq '" + value + "')"
	}
	for filter, want := range map[string][]string{
		"":                  {one, two, three, four},
		"id eq " + app1Task: {one},
		"id eq " + app2Task + " or id eq " + app3Task: {two, three},
		"id eq " + app4Task:                           {four},
		"id eq " + unknownTask:                        {},
		"tags.name eq 'startTask1'":                   {one, two},
		"tags.name eq 'startTask2'":                   {two},
		`tags.name eq 'it\'s'`:                        {three},
		"tags.name eq 'none'":                         {},
		"name eq 'reload task of app3 ÅÄÖ'":           {three},
		pair("taskGroup", "tasks1"):                   {one},
		pair("taskGroup", "tasks2"):                   {two, three},
		pair("Owner", "a b"):                          {three},
		pair("Owner", "nobody"):                       {},
	} {
		if diff := cmp.Diff(want, b.names(filtered("/qrs/task", filter))); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
	type app struct{ ID, Name string }
	apps := decode[[]app](t, b.get("/qrs/app"))
	if diff := cmp.Diff([]app{{"00000000-0000-0000-0000-000000000009", "App1"}, {"00000000-0000-0000-0000-000000000010", "App2 åäö"}}, apps); diff != "" {
		t.Error(diff)
	}
}

func TestAllOfButlersTasksStartAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Seed: ButlerSeed()})
	for _, task := range []string{app1Task, app2Task, app3Task, app4Task} {
		b.start(task)
	}
	for _, s := range b.Starts() {
		if s.SessionID == [16]byte{} {
			t.Errorf("%s did not start", s.TaskName)
		}
	}
}

// TestFaultsOfASite are the ones that the doc of the package names.
func TestFaultsOfASite(t *testing.T) {
	t.Parallel()
	start, read := "/qrs/task/"+app1Task+"/start/synchronous", "/qrs/task/full"
	tests := map[string]struct {
		fault       string
		start, read int
		took        time.Duration
	}{
		"starts":   {`{"kind":"status","status":500,"method":"POST","path":"/qrs/task/*/start*","times":-1}`, 500, 200, 0},
		"reading":  {`{"kind":"status","status":500,"method":"GET","path":"/qrs/task*","times":-1}`, 201, 500, 0},
		"slowness": {`{"kind":"slow","delay":"1500ms","times":-1}`, 201, 200, 3 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{ReloadTime: time.Millisecond, TriggerTime: -1})
				if w := b.post("/simulator/faults", tt.fault); w.Code != http.StatusNoContent {
					t.Fatal(w.Body)
				}
				began := time.Now()
				if w := b.post(start, ""); w.Code != tt.start {
					t.Errorf("start answered %d", w.Code)
				}
				if w := b.get(read); w.Code != tt.read {
					t.Errorf("reading answered %d", w.Code)
				}
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %s", took)
				}
				if (len(b.Starts()) > 0) != (tt.start == 201) {
					t.Errorf("starts: %v", b.Starts())
				}
				b.call(http.MethodDelete, "/simulator/faults", "")
				time.Sleep(time.Second)
				if code := b.post(start, "").Code; code != 201 {
					t.Errorf("start answered %d afterwards", code)
				}
			})
		})
	}
}

func TestExecutionsByTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		from := time.Now()
		for range 4 {
			b.start(app1Task)
			time.Sleep(10 * time.Minute)
		}
		at := func(minutes int) string {
			return from.Add(time.Duration(minutes) * time.Minute).UTC().Format("'2006-01-02T15:04:05.000Z'")
		}
		for filter, want := range map[string]int{
			"startTime ge " + at(0): 4,
			"(startTime ge " + at(10) + ") and (startTime lt " + at(30) + ")": 2,
			"(startTime ge " + at(11) + ") and (startTime lt " + at(20) + ")": 0,
			"(startTime gt " + at(10) + ") and (stopTime lt " + at(60) + ")":  2,
			"taskID eq " + app2Task + " and startTime ge " + at(0):            0,
			"(startTime ge " + at(10) + ") and (startTime lt " + at(10) + ")": 0,
		} {
			if got := len(decode[[]resultJSON](t, b.get(filtered("/qrs/executionresult/full", filter)))); got != want {
				t.Errorf("%s: %d rows, want %d", filter, got, want)
			}
			if got := decode[struct{ Value int }](t, b.get(filtered("/qrs/executionresult/count", filter))).Value; got != want {
				t.Errorf("%s: counted %d, want %d", filter, got, want)
			}
		}
	})
}
