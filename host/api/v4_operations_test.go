package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/config"
)

// operationRoutes has a request for each operation that has one, and what it is
// answered with while it is on.
var operationRoutes = []struct {
	operation, method, path string
	status                  int
}{
	{"apiListEnabledEndpoints", "GET", "/v4/configfile/endpointsenabled", 200},
	{"base62ToBase16", "GET", "/v4/base62tobase16?base62=A", 200},
	{"base16ToBase62", "GET", "/v4/base16tobase62?base16=A", 200},
	{"butlerping", "GET", "/v4/butlerping", 200},
	{"createDir", "POST", "/v4/createdir", 400},
	{"createDirQVD", "POST", "/v4/createdirqvd", 400},
	{"fileDelete", "DELETE", "/v4/filedelete", 400},
	{"fileMove", "PUT", "/v4/filemove", 400},
	{"fileCopy", "PUT", "/v4/filecopy", 400},
	{"keyValueStore", "GET", "/v4/keyvaluesnamespaces", 200},
	{"keyValueStore", "GET", "/v4/keylist/x", 400},
	{"keyValueStore", "POST", "/v4/keyvalues/x", 400},
	{"keyValueStore", "DELETE", "/v4/keyvalues/x", 400},
	{"keyValueStore", "DELETE", "/v4/keyvalues/x/y", 400},
	{"keyValueStore", "GET", "/v4/keyvalues//keyexists", 400},
	{"createNewSchedule", "POST", "/v4/schedules", 400},
	{"getSchedule", "GET", "/v4/schedules", 200},
	{"getScheduleStatusAll", "GET", "/v4/schedules/status", 200},
	{"deleteSchedule", "DELETE", "/v4/schedules/x", 400},
	{"startSchedule", "PUT", "/v4/schedules/x/start", 400},
	{"startSchedule", "PUT", "/v4/schedules/startall", 200},
	{"startSchedule", "PUT", "/v4/schedules//start", 400},
	{"stopSchedule", "PUT", "/v4/schedules/x/stop", 400},
	{"stopSchedule", "PUT", "/v4/schedules/stopall", 200},
}

func TestOperationsCanBeDisabled(t *testing.T) {
	t.Parallel()
	var settings atomic.Pointer[config.API]
	settings.Store(&config.API{})
	b := setup(t, func(o *Options) {
		o.Settings = func() config.API { return *settings.Load() }
	})
	for _, tt := range operationRoutes {
		settings.Store(&config.API{})
		if a := b.send(tt.method, tt.path, ""); a.Status != tt.status {
			t.Errorf("%s %s while it is on: %d %s", tt.method, tt.path, a.Status, a.Body)
		}
		settings.Store(&config.API{Disabled: map[string]bool{tt.operation: true}}) // as a reload would
		a := b.send(tt.method, tt.path, "")
		if want := `"message":"Route ` + tt.method + ":" + tt.path + ` not found"`; a.Status != 404 || !strings.Contains(a.Body, want) {
			t.Errorf("%s %s while it is off: %d %s", tt.method, tt.path, a.Status, a.Body)
		}
		for _, other := range operationRoutes {
			if other.operation == tt.operation || other.status != 200 {
				continue
			}
			if a := b.send(other.method, other.path, ""); a.Status != 200 {
				t.Errorf("%s while %s is off: %d %s", other.path, tt.operation, a.Status, a.Body)
			}
			break
		}
	}
}

func TestEnabledOperations(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) {
		o.Settings = func() config.API {
			return config.API{Disabled: map[string]bool{"fileCopy": true, "butlerping": true}}
		}
	})
	var got []string
	if err := json.Unmarshal([]byte(b.send("GET", "/v4/configfile/endpointsenabled", "").Body), &got); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range config.Operations() {
		if name != "fileCopy" && name != "butlerping" {
			want = append(want, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 23 {
		t.Errorf("%s", diff)
	}
}

func TestBases(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("1", maxDigits)
	setup(t, nil).play(t, []scenario{
		{name: "take upper case", method: "GET", path: "/v4/base16tobase62?base16=ABCDEF", status: 200, says: []string{`{"base62":"Lf4P","base16":"ABCDEF"}`}},
		{name: "take 1000 digits", method: "GET", path: "/v4/base62tobase16?base62=" + digits, status: 200},
		{name: "refuse 1001", method: "GET", path: "/v4/base62tobase16?base62=1" + digits, status: 400, says: []string{"Failed converting from base62 to base16"}},
		{name: "refuse a sign", method: "GET", path: "/v4/base62tobase16?base62=-1", status: 400},
		{name: "refuse a plus, which is a blank", method: "GET", path: "/v4/base62tobase16?base62=+1", status: 400},
		{name: "refuse a prefix", method: "GET", path: "/v4/base16tobase62?base16=0x1F", status: 400, says: []string{"Failed converting from base16 to base62", "0-9 and a-f"}},
		{name: "refuse underscores", method: "GET", path: "/v4/base16tobase62?base16=1_000", status: 400},
		{name: "refuse letters of other alphabets", method: "GET", path: "/v4/base62tobase16?base62=%C3%A5", status: 400},
	})
}

func TestConvertedThereAndBack(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, n := range []string{"0", "1", "f", "123456789abcdef", strings.Repeat("f", 800)} {
		var there, back numberView
		there = b.number("/v4/base16tobase62?base16=" + n)
		back = b.number("/v4/base62tobase16?base62=" + there.Base62)
		if back.Base16 != n {
			t.Errorf("%s comes back as %s", n, back.Base16)
		}
	}
}

func (b *bundle) number(path string) numberView {
	b.t.Helper()
	var n numberView
	if a := b.send(http.MethodGet, path, ""); json.Unmarshal([]byte(a.Body), &n) != nil || a.Status != 200 {
		b.t.Fatalf("%d %s", a.Status, a.Body)
	}
	return n
}
