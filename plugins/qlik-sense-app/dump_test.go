package app_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/qlik-sense-app/enginesim"
)

// wantJSON compares as JSON: the order of members does not count.
func wantJSON(t *testing.T, want, got string) {
	t.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Error(diff)
	}
}

// The answer is the one that the real Butler gave about such an app.
func TestDumpOfAnAppWithoutObjects(t *testing.T) {
	t.Parallel()
	sim := start(t, apps())
	a := dump(t, serve(t, to(sim)), enginesim.App1)
	wantJSON(t, `{"properties":{"qTitle":"App1"},"loadScript":"///$tab Main\r\nLOAD 1 as a AUTOGENERATE 1;","sheets":[],"stories":[],"masterobjects":[],"appprops":[],"dataconnections":[],"dimensions":[],"measures":[],"embeddedmedia":[],"fields":[],"bookmarks":[],"snapshots":[],"variables":[],"appId":"00000000-0000-0000-0000-000000000009"}`, string(a.Result))
	for _, c := range sim.Calls() {
		if c.Method == "OpenDoc" && c.Params != `["`+enginesim.App1+`","","","",true]` {
			t.Errorf("opened with %s", c.Params)
		}
		if c.Method == "connect" && !strings.HasPrefix(c.Params, "/app/engineData") {
			t.Errorf("connected to %s", c.Params)
		}
	}
}

// fullApp has something of each kind, more of one than are read at once, and what
// does not belong into a dump.
func fullApp() enginesim.App {
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	entry := func(id, typ, properties string) enginesim.Entry {
		return enginesim.Entry{ID: id, Type: typ, Properties: raw(properties)}
	}
	a := enginesim.App{
		ID:         "00000000-0000-0000-0000-0000000000f1",
		Name:       "Full",
		Properties: raw(`{"qTitle":"Full <&> åäö","qThumbnail":{},"theme":"card"}`),
		Script:     "SET a=1;\nLOAD * FROM [lib://x] WHERE b<>2 & 'ö';",
		Objects: []enginesim.Entry{
			entry("sh1", "sheet", `{"qProperty":{"qInfo":{"qId":"sh1","qType":"sheet"},"rank":1},"qChildren":[{"qProperty":{"qInfo":{"qId":"kpi"}},"qChildren":[]}]}`),
			entry("st1", "story", `{"qProperty":{"qInfo":{"qId":"st1"}},"qChildren":[]}`),
			entry("mo1", "masterobject", `{"qProperty":{"qInfo":{"qId":"mo1"}},"qChildren":[]}`),
			entry("ap1", "appprops", `{"qProperty":{"qInfo":{"qId":"ap1"},"sheetTitleBgColor":""}}`),
			entry("lo1", "LoadModel", `{"qProperty":{}}`),
		},
		Measures: []enginesim.Entry{entry("m1", "measure", `{"qInfo":{"qId":"m1"},"qMeasure":{"qDef":"Sum(a)","qLabel":"A"},"qMetaDef":{"title":"A"}}`)},
		Bookmarks: []enginesim.Entry{
			{ID: "b1", Type: "bookmark", Properties: raw(`{"qInfo":{"qId":"b1"},"qData":{"sheetId":"sh1"}}`), Layout: raw(`{"qBookmark":{"qStateData":[{"qStateName":"$"}]}}`)},
			{ID: "b2", Type: "bookmark", Properties: raw(`{"qInfo":{"qId":"b2"}}`)},
			entry("s1", "snapshot", `{"qInfo":{"qId":"s1"},"snapshotData":{}}`),
		},
		Variables: []enginesim.Entry{
			{ID: "v1", Type: "variable", Properties: raw(`{"qName":"v1","qDefinition":"1"}`), Item: raw(`{"qIsScriptCreated":true,"qIsReserved":false}`)},
			{ID: "v2", Type: "variable", Properties: raw(`{"qName":"ErrorMode","qDefinition":"1"}`), Item: raw(`{"qIsReserved":true,"qIsConfig":true}`)},
		},
		Media:       []json.RawMessage{raw(`{"qUrlDef":"\/media/a.png","qUrl":"x"}`), raw(`{"qUrlDef":"/appcontent/b.png"}`), raw(`{"qUrl":"c"}`)},
		Fields:      []json.RawMessage{raw(`{"qName":"$Field","qIsSystem":true,"qIsHidden":true}`), raw(`{"qName":"a","qCardinal":1,"qTags":["$numeric"]}`)},
		Connections: []json.RawMessage{raw(`{"qId":"c1","qName":"files","qType":"folder","qConnectionString":"D:\\data\\"}`)},
	}
	for _, id := range strings.Fields("d01 d02 d03 d04 d05 d06 d07 d08 d09 d10 d11 d12") {
		a.Dimensions = append(a.Dimensions, entry(id, "dimension", `{"qInfo":{"qId":"`+id+`","qType":"dimension"},"qDim":{"qFieldDefs":["[a]"]}}`))
	}
	return a
}

func TestDumpOfAFullApp(t *testing.T) {
	t.Parallel()
	full := fullApp()
	a := dump(t, serve(t, to(start(t, []enginesim.App{full}))), strings.ToUpper(full.ID))
	if a.Err != "" {
		t.Fatal(a.Err)
	}
	want, err := os.ReadFile("testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, string(want), string(a.Result))
}

func TestDumpThatFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		app       string
		fault     enginesim.Fault
		permanent bool
		want      string
	}{
		"of an unknown app":         {unknownApp, enginesim.Fault{}, true, "does not have the app, or does not let the user see it: App not found (code 1003)"},
		"of an app without right":   {deniedApp, enginesim.Fault{}, true, "does not let the user do this"},
		"as the connection breaks":  {enginesim.App1, enginesim.Fault{Method: "GetScript", Kind: enginesim.DropAfter}, false, "GetScript at 127.0.0.1:"},
		"without connecting":        {enginesim.App1, enginesim.Fault{Method: "connect", Kind: enginesim.DropBefore}, false, "connecting at 127.0.0.1:"},
		"without answer":            {enginesim.App1, enginesim.Fault{Method: "GetLayout", Kind: enginesim.Silence}, false, "GetLayout at 127.0.0.1:"},
		"with an error":             {enginesim.App1, enginesim.Fault{Method: "CreateSessionObject", Kind: enginesim.Answer, Code: 10, Message: "Internal\nerror"}, false, "the engine refuses: Internal error (code 10)"},
		"with an answer of nothing": {enginesim.App1, enginesim.Fault{Method: "GetLayout", Kind: enginesim.Oversized}, false, "the engine's answer has no qLayout"},
		"with another list":         {enginesim.App1, enginesim.Fault{Method: "GetLayout", Kind: enginesim.Raw, Message: `{"id":5,"result":{"qLayout":{"qFieldList":{}}}}`}, false, "has no list qAppObjectList"},
		"with an odd list":          {enginesim.App1, enginesim.Fault{Method: "GetLayout", Kind: enginesim.Raw, Message: `{"id":5,"result":{"qLayout":{"qAppObjectList":{"qItems":[1]}}}}`}, false, "reading sheetList: "},
		"with a layout of text":     {enginesim.App1, enginesim.Fault{Method: "GetLayout", Kind: enginesim.Raw, Message: `{"id":5,"result":{"qLayout":"x"}}`}, false, "the engine's qLayout is no object"},
		"with an object gone":       {enginesim.App1, enginesim.Fault{Method: "GetLayout", Kind: enginesim.Raw, Message: `{"id":5,"result":{"qLayout":{"qAppObjectList":{"qItems":[{"qInfo":{"qId":"a"}},{"qInfo":{"qId":"b"}}]}}}}`}, false, "the engine does not have the object"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := start(t, apps())
			if tt.fault.Method != "" {
				inject(t, sim, tt.fault)
			}
			s := to(sim)
			if tt.fault.Kind == enginesim.Silence {
				s["request_timeout"] = "3s"
			}
			a := dump(t, serve(t, s), tt.app)
			if a.Result != nil || a.Permanent != tt.permanent {
				t.Errorf("permanent %t, result %s", a.Permanent, a.Result)
			}
			wantParts(t, a.Err, tt.want)
		})
	}
}

func TestDumpThatIsTooLarge(t *testing.T) {
	t.Parallel()
	object := func(id string) enginesim.Entry {
		return enginesim.Entry{ID: id, Type: "sheet", Properties: json.RawMessage(`{"text":"` + strings.Repeat("x", 2<<20) + `"}`)}
	}
	tests := map[string]struct {
		app  enginesim.App
		want string // empty: it fits
	}{
		"as it is read": {enginesim.App{Objects: []enginesim.Entry{object("a"), object("b"), object("c")}}, "larger than the 4032 KiB that can be passed on"},
		// Each becomes six bytes of the JSON that is sent.
		"as it is written": {enginesim.App{Script: strings.Repeat("<", 800<<10)}, "larger than the 4032 KiB that can be passed on"},
		"not yet":          {enginesim.App{Objects: []enginesim.Entry{object("a")}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.app.ID = enginesim.App1
			a := dump(t, serve(t, to(start(t, []enginesim.App{tt.app}))), enginesim.App1)
			if tt.want == "" {
				if a.Err != "" || len(a.Result) < 2<<20 {
					t.Errorf("error %q, %d bytes", a.Err, len(a.Result))
				}
				return
			}
			if a.Result != nil || !a.Permanent {
				t.Errorf("permanent %t, %d bytes", a.Permanent, len(a.Result))
			}
			wantParts(t, a.Err, tt.want)
		})
	}
}
